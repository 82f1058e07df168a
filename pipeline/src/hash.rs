//! Content hashes: how we know that a record or an object is the same as before.

use serde::Serialize;

/// 16 bytes over the canonical JSON form of a value. Equal hashes mean equal content.
pub type ContentHash = [u8; 16];

/// The hash of a value.
///
/// The JSON form is used, and not `std::hash`, because it stays the same from one version of the
/// compiler and of this program to the next; a hash that changed would re-send an account.
pub fn content_hash<T: Serialize>(value: &T) -> ContentHash {
    // Written whole and hashed once: the hasher is slow on the many tiny pieces JSON is made of.
    let mut json = Vec::with_capacity(1024);
    // Our records have no map with other than text keys and no failing serializer, and writing
    // into memory cannot fail; if that ever changes, a partial hash only costs a comparison.
    let _ = serde_json::to_writer(&mut json, value);
    let mut short = [0; 16];
    short.copy_from_slice(&blake3::hash(&json).as_bytes()[..16]);
    short
}
