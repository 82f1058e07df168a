//! Replacing the key that seals the secrets.
//!
//! A new key file is whole and on the disk before anything is sealed with it, all secrets change in
//! one transaction, and only then does the file take the name of the old one. Whoever opens the
//! database after a crash in between finds both files and takes the one that fits.

use crate::error::StoreError;
use crate::open::KeySource;
use crate::seal::Sealer;
use crate::seal_key::{key_file, make_key_file, next_key_file, parse_key, rename};
use crate::secrets::context;
use crate::store::Store;
use pipeline::id::ConnectionId;
use secrecy::ExposeSecret;
use sqlx::Row;

const REPLACE: &str = "
    UPDATE secrets SET sealed = unhex(j.value ->> 3) FROM json_each(?1) j
    WHERE connection_id = j.value ->> 0 AND kind = j.value ->> 1 AND generation = j.value ->> 2";

impl Store {
    /// Seals every secret with another key: one that is made and kept beside the database, or this
    /// one. Returns how many there were. This store, and every other one that was opened before, has
    /// the old key and must be opened again.
    ///
    /// # Errors
    /// When the database or the disk fails, the key given is none, or a secret does not open; nothing
    /// has changed then.
    pub async fn replace_key(&self, with: &KeySource) -> Result<usize, StoreError> {
        let mut tx = self.write().await?;
        let file = key_file(self.path());
        let next = next_key_file(self.path());
        let key = match with {
            KeySource::Given(given) => parse_key(given.expose_secret(), "the new key")?,
            // Made under the write lock: of two replacements at once, each has its own file.
            KeySource::File => make_key_file(&next)?,
        };
        let old = &self.inner.sealer;
        let new = Sealer::new(&key).hashing_as(old);
        let rows = sqlx::query("SELECT connection_id, kind, generation, sealed FROM secrets")
            .fetch_all(tx.conn())
            .await?;
        let mut sealed = Vec::with_capacity(rows.len());
        for row in &rows {
            let connection = ConnectionId(row.try_get(0)?);
            let (kind, generation): (String, i64) = (row.try_get(1)?, row.try_get(2)?);
            let place = context(connection, &kind, generation);
            let plain = old.open(&place, row.try_get(3)?)?;
            let again = crate::batch::hex(&new.seal(&place, &plain)?);
            sealed.push((connection.0, kind, generation, again));
        }
        sqlx::query(REPLACE)
            .bind(crate::batch::json(&sealed))
            .execute(tx.conn())
            .await?;
        let (probe, hash_key) = new.mark()?;
        sqlx::query("UPDATE sealing SET sealed = ?1, hash_key = ?2 WHERE id = 1")
            .bind(probe)
            .bind(hash_key)
            .execute(tx.conn())
            .await?;
        tx.commit().await?;
        if matches!(with, KeySource::File) {
            rename(&next, &file)?;
        }
        Ok(sealed.len())
    }
}
