//! The comma list of codes, as a shop types it.

use super::LocationError;

/// The codes of a comma list: unquoted ones trimmed, quoted ones literally, as in CSV.
///
/// `Main Warehouse,"Downtown, 2nd floor"` is two codes.
///
/// # Errors
/// When an entry is empty, or its quotes do not enclose it.
pub fn parse_list(text: &str) -> Result<Vec<String>, LocationError> {
    let mut codes = Vec::new();
    let mut rest = text;
    loop {
        let position = codes.len() + 1;
        let (code, after) = entry(rest).ok_or(LocationError::BrokenQuotes { position })?;
        if code.is_empty() {
            return Err(LocationError::EmptyEntry { position });
        }
        codes.push(code);
        match after {
            Some(after) => rest = after,
            None => return Ok(codes),
        }
    }
}

/// The first entry and what follows its comma, if there is one.
fn entry(text: &str) -> Option<(String, Option<&str>)> {
    let Some(inside) = text.trim_start().strip_prefix('"') else {
        let (code, after) = match text.split_once(',') {
            Some((code, after)) => (code, Some(after)),
            None => (text, None),
        };
        return Some((code.trim().to_owned(), after));
    };
    let mut code = String::new();
    let mut rest = inside;
    loop {
        let (part, after) = rest.split_once('"')?;
        code.push_str(part);
        match after.strip_prefix('"') {
            Some(more) => {
                code.push('"');
                rest = more;
            }
            None => {
                let after = after.trim_start();
                return match after.strip_prefix(',') {
                    Some(after) => Some((code, Some(after))),
                    None => after.is_empty().then_some((code, None)),
                };
            }
        }
    }
}

/// The inside of a code that is quoted as a whole.
pub(super) fn unquoted(code: &str) -> Option<String> {
    if !code.trim_start().starts_with('"') {
        return None;
    }
    match entry(code) {
        Some((inside, None)) => Some(inside),
        _ => None,
    }
}

/// A name as a list would hold it: in quotes where it would otherwise be cut or trimmed.
pub(super) fn to_type(name: &str) -> String {
    if name.contains(',') || name.starts_with('"') || name.trim() != name {
        format!("\"{}\"", name.replace('"', "\"\""))
    } else {
        name.to_owned()
    }
}
