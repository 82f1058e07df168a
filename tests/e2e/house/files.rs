//! The files of the checkout.

use std::fs;
use std::path::{Path, PathBuf};

/// A source file, with the path a person would type.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub(super) path: String,
    pub(super) text: String,
}

/// The top of the checkout.
pub(super) fn top() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A file of the checkout.
pub(super) fn text(path: &str) -> String {
    fs::read_to_string(top().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every file below the top that ends in `.{extension}`, built things left out.
pub(super) fn ending(extension: &str) -> Vec<Source> {
    let mut found = Vec::new();
    walk(&top(), extension, &mut found);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn walk(folder: &Path, extension: &str, found: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).expect("a folder of the checkout can be read") {
        let path = entry.expect("an entry can be read").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() {
            if name != "target" && !name.starts_with('.') {
                walk(&path, extension, found);
            }
        } else if path.extension().is_some_and(|its| its == extension) {
            let short = path.strip_prefix(top()).unwrap_or(&path);
            found.push(Source {
                path: short.to_string_lossy().replace('\\', "/"),
                text: fs::read_to_string(&path).expect("sources are UTF-8"),
            });
        }
    }
}
