//! A power cut: what was written behind the last commit is lost or garbage.

use rand::RngExt;
use rand::rngs::StdRng;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

const HEADER: u64 = 32;
const FRAME_HEADER: u64 = 24;

fn number(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
}

/// Where the last commit of a write-ahead log ends: each frame carries the salts of its log, and
/// the last of a commit the size of the database.
fn committed(log: &[u8]) -> Option<u64> {
    let header = log.get(..usize::try_from(HEADER).expect("small"))?;
    let (page, salts) = (u64::from(number(header, 8)), &header[16..24]);
    let mut end = None;
    let mut at = HEADER;
    loop {
        let from = usize::try_from(at).expect("a small log");
        let Some(frame) = log.get(from..from + 24) else {
            break;
        };
        at += FRAME_HEADER + page;
        let whole = u64::try_from(log.len()).expect("a small log") >= at;
        if &frame[8..16] != salts || !whole {
            break;
        }
        if number(frame, 4) > 0 {
            end = Some(at);
        }
    }
    end
}

/// Cuts the log of a database whose process is gone somewhere behind its last commit, and fills a
/// part of what was there with garbage.
pub(super) fn cut(database: &Path, dice: &mut StdRng) {
    let path = format!("{}-wal", database.display());
    let Ok(mut file) = std::fs::File::options().read(true).write(true).open(path) else {
        return;
    };
    let mut log = Vec::new();
    file.read_to_end(&mut log).expect("a log");
    let Some(end) = committed(&log) else {
        return;
    };
    let garbage: Vec<u8> = (0..dice.random_range(0..6_000))
        .map(|_| dice.random())
        .collect();
    file.set_len(end).expect("a shorter log");
    file.seek(SeekFrom::Start(end)).expect("its end");
    file.write_all(&garbage).expect("garbage");
}
