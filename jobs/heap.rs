//! How the memory of the process is kept.

/// The smallest piece that is taken from the system by itself and given back to it when it is
/// freed: bodies of pages, and batches bound to a statement. Left to itself the allocator raises
/// this to the largest piece it ever saw, and keeps such pieces with gaps between them.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const OWN_MAPPING_FROM: libc::c_int = 64 * 1024;

/// How much may be free at the end of the heap before it is given back.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const KEPT_FREE: libc::c_int = 128 * 1024;

/// Lets all threads of this process share one heap; to be called before any other thread is
/// started.
///
/// The system's allocator of Linux gives every thread a heap of its own, and each keeps the most it
/// ever held. A dozen threads here pack, parse and bind pages in turn, so a long backfill would
/// look as if it leaked: over 200,000 sales 70 MB were held of which 10 to 20 were in use. With one
/// heap what one thread gave back the next one takes. Waiting for it costs nothing that can be
/// measured, because a page is bound in few and large pieces.
pub fn share() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[expect(
        unsafe_code,
        reason = "the allocator can only be told by this call, which has no safe wrapper"
    )]
    // SAFETY: `mallopt` takes two numbers, touches nothing of ours, and no other thread runs yet.
    // Its answer says whether it did; where it did not, more memory is used and nothing breaks.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, 1);
        libc::mallopt(libc::M_MMAP_THRESHOLD, OWN_MAPPING_FROM);
        libc::mallopt(libc::M_TRIM_THRESHOLD, KEPT_FREE);
    }
}
