//! Just enough of Rust's grammar to tell code from what it quotes: a rule about macros must not
//! trip over a comment, and a rule about SQL looks at strings alone.

/// A source file taken apart. Both halves keep their line numbers.
#[derive(Debug, Default)]
pub(super) struct Parts {
    /// The code, comments removed and strings emptied; the first line is number 1.
    pub(super) code: Vec<(usize, String)>,
    /// The string literals, each with the line it begins on.
    pub(super) strings: Vec<(usize, String)>,
}

/// Takes a source file apart.
pub(super) fn parts(text: &str) -> Parts {
    let mut code = String::new();
    let mut strings = Vec::new();
    let mut rest = text;
    let mut line = 1;
    while !rest.is_empty() {
        let before = code.chars().next_back().unwrap_or(' ');
        let (length, token) = token(rest, before);
        let taken = &rest[..length];
        match token {
            Token::Code => code.push_str(taken),
            Token::Comment => code.push(' '),
            Token::Text(open, close) => {
                strings.push((line, taken[open..length - close].to_owned()));
                code.push_str("\"\"");
            }
        }
        let lines = taken.matches('\n').count();
        if !matches!(token, Token::Code) {
            code.push_str(&"\n".repeat(lines));
        }
        line += lines;
        rest = &rest[length..];
    }
    let code = code.lines().map(str::to_owned);
    Parts {
        code: (1..).zip(code).collect(),
        strings,
    }
}

enum Token {
    Code,
    Comment,
    /// A string, with the length of its opening and of its closing.
    Text(usize, usize),
}

/// What `rest` begins with, and how long it is. A file that ends inside of it is taken to its end.
fn token(rest: &str, before: char) -> (usize, Token) {
    if rest.starts_with("//") {
        return (rest.find('\n').unwrap_or(rest.len()), Token::Comment);
    }
    if rest.starts_with("/*") {
        return (block_comment(rest), Token::Comment);
    }
    if rest.starts_with('\'') {
        return (character(rest), Token::Code);
    }
    let in_word = before.is_alphanumeric() || before == '_';
    let prefix = ["", "b", "c", "r", "br", "cr"]
        .into_iter()
        .filter(|prefix| prefix.is_empty() || !in_word)
        .find(|prefix| {
            let after = rest.strip_prefix(prefix).unwrap_or_default();
            let after = if prefix.ends_with('r') {
                after.trim_start_matches('#')
            } else {
                after
            };
            after.starts_with('"')
        });
    match prefix {
        None => (rest.chars().next().map_or(0, char::len_utf8), Token::Code),
        Some(prefix) if prefix.ends_with('r') => {
            let quote = rest.find('"').unwrap_or(0);
            let close = format!("\"{}", "#".repeat(quote - prefix.len()));
            let open = quote + 1;
            match rest[open..].find(&close) {
                Some(at) => (open + at + close.len(), Token::Text(open, close.len())),
                None => (rest.len(), Token::Text(open, 0)),
            }
        }
        Some(prefix) => {
            let open = prefix.len() + 1;
            let mut escaped = false;
            for (at, letter) in rest[open..].char_indices() {
                match letter {
                    _ if escaped => escaped = false,
                    '\\' => escaped = true,
                    '"' => return (open + at + 1, Token::Text(open, 1)),
                    _ => {}
                }
            }
            (rest.len(), Token::Text(open, 0))
        }
    }
}

fn block_comment(rest: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < rest.len() {
        if rest[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

/// A character such as `'"'`, or the tick of a lifetime.
fn character(rest: &str) -> usize {
    let mut letters = rest.char_indices().skip(1);
    match letters.next() {
        Some((_, '\\')) => {
            letters.next();
            rest.char_indices()
                .skip(3)
                .find(|(_, letter)| *letter == '\'')
                .map_or(1, |(at, _)| at + 1)
        }
        Some(_) => match letters.next() {
            Some((at, '\'')) => at + 1,
            _ => 1,
        },
        None => 1,
    }
}

#[test]
fn code_and_strings_are_told_apart() {
    let text = r####"// a "comment" with todo!()
let a = "plain \" quote"; /* outer /* inner "x" */ still */ let b = 'x';
let c = '"'; let d = r#"raw "inner" text"#; let e = b"bytes"; let f: &'static str = "";
let g = "two
lines"; let h = '\''; let i = '\u{1F600}'; let j = letter_r"z";
last"####;
    let parts = parts(text);
    let strings: Vec<(usize, &str)> = parts
        .strings
        .iter()
        .map(|(line, text)| (*line, text.as_str()))
        .collect();
    assert_eq!(
        strings,
        [
            (2, "plain \\\" quote"),
            (3, "raw \"inner\" text"),
            (3, "bytes"),
            (3, ""),
            (4, "two\nlines"),
            (5, "z"),
        ]
    );
    let code: Vec<&str> = parts.code.iter().map(|(_, line)| line.as_str()).collect();
    assert_eq!(code.len(), 6, "{code:#?}");
    assert!(!code.join("").contains("comment") && !code.join("").contains("still"));
    assert!(code[1].contains("let b = 'x'"));
    assert_eq!(parts.code.last(), Some(&(6, "last".to_owned())));
}
