//! The file that holds the sealing key, beside the database and readable by its owner only.

use crate::batch::hex;
use crate::error::StoreError;
use crate::seal::random;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

pub(crate) type Key = Zeroizing<[u8; 32]>;

/// `<database>.key`.
pub(crate) fn key_file(database: &Path) -> PathBuf {
    beside(database, ".key")
}

/// The key that is about to take the place of the one in the key file.
pub(crate) fn next_key_file(database: &Path) -> PathBuf {
    beside(database, ".key.next")
}

/// Gives a key file its name, so that it outlives a power cut; nothing when somebody else has just
/// done so.
pub(crate) fn rename(from: &Path, to: &Path) -> Result<(), StoreError> {
    match std::fs::rename(from, to) {
        Ok(()) => sync_folder(to),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(source) => Err(failed("naming the key file", to, source)),
    }
}

/// The file of this name with something added to it.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Reads 64 hex digits.
pub(crate) fn parse_key(text: &str, origin: &str) -> Result<Key, StoreError> {
    let digits = text.trim().as_bytes();
    let bad = || StoreError::Key(format!("{origin} is not a key: a key is 64 hex digits"));
    if digits.len() != 64 {
        return Err(bad());
    }
    let mut key = Key::default();
    for (byte, pair) in key.iter_mut().zip(digits.chunks_exact(2)) {
        let high = char::from(pair[0]).to_digit(16).ok_or_else(bad)?;
        let low = char::from(pair[1]).to_digit(16).ok_or_else(bad)?;
        *byte = u8::try_from(high << 4 | low).map_err(|_| bad())?;
    }
    Ok(key)
}

/// The key in the file, or `None` when there is no file.
pub(crate) fn read_key_file(path: &Path) -> Result<Option<Key>, StoreError> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(failed("opening the key file", path, source)),
    };
    refuse_if_shared(&file, path)?;
    let mut text = Zeroizing::new(String::with_capacity(128));
    // One more than a key and its line end: enough to see that a file is something else.
    let read = (&mut file).take(68).read_to_string(&mut text);
    match read {
        Ok(_) => parse_key(&text, &format!("the content of {}", path.display())).map(Some),
        Err(error) if error.kind() == ErrorKind::InvalidData => Err(StoreError::Key(format!(
            "the content of {} is not a key: a key is 64 hex digits",
            path.display(),
        ))),
        Err(source) => Err(failed("reading the key file", path, source)),
    }
}

/// Makes a key and keeps it. The caller holds the write lock of the database, so that no other
/// process makes one at the same time.
///
/// The file appears under its name only when it is whole and on the disk: a crash half-way never
/// leaves a file that looks like a key and is none.
pub(crate) fn make_key_file(path: &Path) -> Result<Key, StoreError> {
    let key = Key::new(random::<32>()?);
    let text = Zeroizing::new(hex(key.as_slice()) + "\n");
    let unfinished = beside(path, ".new");
    match std::fs::remove_file(&unfinished) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(source) => return Err(failed("removing", &unfinished, source)),
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let written = options.open(&unfinished).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    written.map_err(|source| failed("writing the key file", &unfinished, source))?;
    rename(&unfinished, path)?;
    Ok(key)
}

/// The name must outlive a power cut as surely as the database that will need the key.
#[cfg(unix)]
fn sync_folder(path: &Path) -> Result<(), StoreError> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(|source| failed("syncing the folder", folder, source))
}

#[cfg(not(unix))]
fn sync_folder(_path: &Path) -> Result<(), StoreError> {
    Ok(())
}

#[cfg(unix)]
fn refuse_if_shared(file: &File, path: &Path) -> Result<(), StoreError> {
    use std::os::unix::fs::PermissionsExt;
    let meta = file
        .metadata()
        .map_err(|source| failed("reading the mode of", path, source))?;
    let mode = meta.permissions().mode() & 0o777;
    if mode & 0o077 == 0 {
        return Ok(());
    }
    Err(StoreError::Key(format!(
        "the key file {} is open to other users (mode {mode:03o}); make it yours alone: chmod 600 {}",
        path.display(),
        path.display(),
    )))
}

#[cfg(not(unix))]
fn refuse_if_shared(_file: &File, _path: &Path) -> Result<(), StoreError> {
    Ok(())
}

fn failed(what: &'static str, path: &Path, source: std::io::Error) -> StoreError {
    StoreError::File {
        what,
        path: path.to_owned(),
        source,
    }
}
