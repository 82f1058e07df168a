//! Sealing: what makes a copy of the database useless to whoever finds it.

use crate::error::StoreError;
use crate::open::KeySource;
use crate::seal_key::{
    Key, key_file, make_key_file, next_key_file, parse_key, read_key_file, rename,
};
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use rand::TryRng;
use rand::rngs::SysRng;
use secrecy::{ExposeSecret, SecretString};
use sqlx::{Row, SqliteConnection, SqlitePool};
use std::path::Path;
use zeroize::Zeroizing;

/// First byte of a sealed value: how the rest is to be read.
const FORM: u8 = 1;
const KEY_ID: usize = 4;
const NONCE: usize = 24;
const HEAD: usize = 1 + KEY_ID + NONCE;

/// What the row that tells right keys from wrong ones holds.
const PROBE: &[u8] = b"stockbridge";
const PROBE_CONTEXT: &str = "sealing/1";
const HASH_KEY_CONTEXT: &str = "sealing/1/hash_key";

/// Seals and opens secrets with the key of one database.
///
/// A sealed value is bound to a context that names its place, such as
/// `connection/7/lightspeed_tokens/3`: moved to another row, it does not open.
#[derive(Clone)]
pub struct Sealer {
    cipher: XChaCha20Poly1305,
    hash_key: Zeroizing<[u8; 32]>,
    key_id: [u8; KEY_ID],
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sealer").finish_non_exhaustive()
    }
}

impl Sealer {
    pub(crate) fn new(key: &Key) -> Self {
        let id = blake3::derive_key("stockbridge 2026 id of the sealing key", key.as_slice());
        let mut key_id = [0; KEY_ID];
        key_id.copy_from_slice(&id[..KEY_ID]);
        Self {
            cipher: XChaCha20Poly1305::new((&**key).into()),
            hash_key: Zeroizing::new(blake3::derive_key(
                "stockbridge 2026 key of keyed hashes",
                key.as_slice(),
            )),
            key_id,
        }
    }

    /// The sealer of a database: its key is found, or made when nothing was sealed yet.
    pub(crate) async fn of_database(
        pool: &SqlitePool,
        database: &Path,
        source: &KeySource,
    ) -> Result<Self, StoreError> {
        if let Some(probe) = probe(&mut *pool.acquire().await?).await? {
            return Self::of_sealed(database, source, &probe);
        }
        // Two first starts at once: the second waits here and finds what the first has made.
        let mut tx = pool.begin_with("BEGIN IMMEDIATE").await?;
        if let Some(probe) = probe(&mut tx).await? {
            return Self::of_sealed(database, source, &probe);
        }
        let key = match source {
            KeySource::Given(given) => parse_key(given.expose_secret(), "the key given")?,
            KeySource::File => {
                let file = key_file(database);
                match read_key_file(&file)? {
                    Some(key) => key,
                    None => make_key_file(&file)?,
                }
            }
        };
        let sealer = Self::new(&key);
        sqlx::query("INSERT INTO sealing (id, sealed) VALUES (1, ?1)")
            .bind(sealer.seal(PROBE_CONTEXT, PROBE)?)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(sealer)
    }

    /// The same with the key of keyed hashes of another.
    pub(crate) fn hashing_as(mut self, other: &Self) -> Self {
        self.hash_key = other.hash_key.clone();
        self
    }

    /// What is stored to tell right keys from wrong ones, and the sealed key of keyed hashes.
    pub(crate) fn mark(&self) -> Result<(Vec<u8>, Vec<u8>), StoreError> {
        Ok((
            self.seal(PROBE_CONTEXT, PROBE)?,
            self.seal(HASH_KEY_CONTEXT, self.hash_key.as_slice())?,
        ))
    }

    /// The sealer of this key, if it is the one of the database.
    fn fitting(key: &Key, probe: &Probe) -> Result<Option<Self>, StoreError> {
        let mut sealer = Self::new(key);
        match sealer.open(PROBE_CONTEXT, &probe.sealed) {
            Ok(plain) if plain.as_slice() == PROBE => {}
            _ => return Ok(None),
        }
        if let Some(sealed) = &probe.hash_key {
            let plain = sealer.open(HASH_KEY_CONTEXT, sealed)?;
            let plain: &[u8; 32] = plain.as_slice().try_into().map_err(|_| {
                StoreError::Key("the sealed key of keyed hashes is damaged".to_owned())
            })?;
            sealer.hash_key = Zeroizing::new(*plain);
        }
        Ok(Some(sealer))
    }

    fn of_sealed(database: &Path, source: &KeySource, probe: &Probe) -> Result<Self, StoreError> {
        if matches!(source, KeySource::File)
            && let Some(sealer) = Self::of_next_file(database, probe)?
        {
            return Ok(sealer);
        }
        let (key, origin) = match source {
            KeySource::Given(given) => (
                parse_key(given.expose_secret(), "the key given")?,
                "the key given".to_owned(),
            ),
            KeySource::File => {
                let file = key_file(database);
                let Some(key) = read_key_file(&file)? else {
                    return Err(StoreError::Key(format!(
                        "the key that opens the secrets of {} is missing: there is no {}. Restore \
                         that file from a backup, or set STOCKBRIDGE_KEY if the key was given that \
                         way. If the key is lost, so are the tokens: move the database away and \
                         connect again",
                        database.display(),
                        file.display(),
                    )));
                };
                (key, file.display().to_string())
            }
        };
        Self::fitting(&key, probe)?.ok_or_else(|| {
            StoreError::Key(format!(
                "{origin} is not the key that sealed the secrets of {}. Use the key made or given \
                 when this database was made, or when its key was last replaced",
                database.display(),
            ))
        })
    }

    /// A replacement of the key that ended between its commit and the new name of its file is
    /// carried through. Two that do so at once do the same.
    fn of_next_file(database: &Path, probe: &Probe) -> Result<Option<Self>, StoreError> {
        let (file, next) = (key_file(database), next_key_file(database));
        let Some(key) = read_key_file(&next)? else {
            return Ok(None);
        };
        let sealer = Self::fitting(&key, probe)?;
        if sealer.is_some() {
            rename(&next, &file)?;
        }
        Ok(sealer)
    }

    /// Seals a secret for the place its context names.
    ///
    /// # Errors
    /// When the operating system has no randomness to give.
    pub fn seal(&self, context: &str, plain: &[u8]) -> Result<Vec<u8>, StoreError> {
        let nonce = random::<NONCE>()?;
        let payload = Payload {
            msg: plain,
            aad: context.as_bytes(),
        };
        let sealed = self
            .cipher
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_| StoreError::Key(format!("{context} is too long to be sealed")))?;
        let mut value = Vec::with_capacity(HEAD + sealed.len());
        value.push(FORM);
        value.extend_from_slice(&self.key_id);
        value.extend_from_slice(&nonce);
        value.extend_from_slice(&sealed);
        Ok(value)
    }

    /// Opens what was sealed for this context.
    ///
    /// # Errors
    /// When it was sealed with another key or for another place, or was changed since.
    pub fn open(&self, context: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        let broken = || {
            StoreError::Key(format!(
                "the sealed {context} does not open: it was damaged, or it is not from this place"
            ))
        };
        let (head, body) = sealed.split_at_checked(HEAD).ok_or_else(broken)?;
        let (key_id, nonce) = head[1..].split_at(KEY_ID);
        if head[0] != FORM {
            return Err(StoreError::Key(format!(
                "the sealed {context} has form {}, which this version cannot open",
                head[0],
            )));
        }
        if key_id != self.key_id {
            return Err(StoreError::Key(format!(
                "the sealed {context} needs another key"
            )));
        }
        let nonce = XNonce::try_from(nonce).map_err(|_| broken())?;
        let payload = Payload {
            msg: body,
            aad: context.as_bytes(),
        };
        self.cipher
            .decrypt(&nonce, payload)
            .map(Zeroizing::new)
            .map_err(|_| broken())
    }

    /// Opens a sealed text.
    pub(crate) fn open_text(
        &self,
        context: &str,
        sealed: &[u8],
    ) -> Result<SecretString, StoreError> {
        let plain = self.open(context, sealed)?;
        let text = std::str::from_utf8(&plain)
            .map_err(|_| StoreError::Key(format!("the sealed {context} is not text")))?;
        Ok(SecretString::from(text))
    }

    /// A hash only this database can make: tells whether a secret is the one seen before, and
    /// tells nothing to whoever has no key.
    pub fn keyed_hash(&self, context: &str, bytes: &[u8]) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_keyed(&self.hash_key);
        // The length keeps a context from running into what follows it.
        hasher.update(&(context.len() as u64).to_le_bytes());
        hasher.update(context.as_bytes());
        hasher.update(bytes);
        *hasher.finalize().as_bytes()
    }
}

/// Randomness of the operating system: the one place that asks for it.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], StoreError> {
    let mut bytes = [0; N];
    SysRng.try_fill_bytes(&mut bytes).map_err(|error| {
        StoreError::Key(format!(
            "the operating system gives no random bytes: {error}"
        ))
    })?;
    Ok(bytes)
}

/// What a key must open.
struct Probe {
    sealed: Vec<u8>,
    hash_key: Option<Vec<u8>>,
}

async fn probe(conn: &mut SqliteConnection) -> Result<Option<Probe>, StoreError> {
    let row = sqlx::query("SELECT sealed, hash_key FROM sealing WHERE id = 1")
        .fetch_optional(conn)
        .await?;
    row.map(|row| {
        Ok(Probe {
            sealed: row.try_get("sealed")?,
            hash_key: row.try_get("hash_key")?,
        })
    })
    .transpose()
}
