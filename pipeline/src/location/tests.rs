use super::*;

fn book(shops: &[(i64, &str, bool)]) -> LocationBook {
    let entry = |&(id, name, archived): &(i64, &str, bool)| ShopEntry {
        id: ShopId(id),
        name: name.to_owned(),
        archived,
    };
    LocationBook::new(shops.iter().map(entry).collect())
}

fn bikes() -> LocationBook {
    book(&[
        (1, "Main Warehouse", false),
        (2, "Downtown, 2nd floor", false),
        (3, " Padded", false),
        (4, "Twin", false),
        (5, "Twin", false),
        (6, "Old Mill", true),
    ])
}

fn refusal(book: &LocationBook, code: &str) -> String {
    book.resolve_one(code).expect_err(code).to_string()
}

const VALID: &str =
    r#"(valid: "Main Warehouse", "Downtown, 2nd floor", " Padded", "Twin" (#4, #5))"#;

#[test]
fn an_exact_name_or_an_id_selects() {
    for (code, id) in [
        ("Main Warehouse", 1),
        ("Downtown, 2nd floor", 2),
        (" Padded", 3),
        ("#5", 5),
        ("#1", 1),
    ] {
        assert_eq!(bikes().resolve_one(code), Ok(ShopId(id)), "{code}");
    }
}

#[test]
fn another_case_is_refused_with_the_form_to_type() {
    assert_eq!(
        refusal(&bikes(), "main warehouse"),
        format!(
            "\"main warehouse\" is not a location of this account; did you mean \"Main Warehouse\"? \
             Codes are exact, capitals and spaces included; type: Main Warehouse {VALID}"
        )
    );
}

#[test]
fn a_code_that_fits_only_trimmed_is_refused_with_its_quotes() {
    for code in ["Padded", " Padded ", "padded"] {
        let text = refusal(&bikes(), code);
        assert!(text.contains(r#"type: " Padded" (valid"#), "{text}");
    }
    assert!(refusal(&bikes(), "Main Warehouse ").contains("type: Main Warehouse (valid"));
    let text = refusal(&bikes(), "DOWNTOWN, 2ND FLOOR");
    assert!(
        text.contains(r#"type: "Downtown, 2nd floor" (valid"#),
        "{text}"
    );
}

#[test]
fn the_form_to_type_works_where_it_is_typed() {
    let book = bikes();
    for shop in [1, 2, 3, 4, 5].map(ShopId) {
        let code = book.code_of(shop).expect("an open shop has a code");
        assert_eq!(book.resolve_one(&code), Ok(shop));
        assert_eq!(book.resolve_list(&code), Ok(vec![shop]));
    }
}

#[test]
fn a_miss_names_the_nearest_and_all_codes() {
    assert_eq!(
        refusal(&bikes(), "Main Warehose"),
        format!(
            "\"Main Warehose\" is not a location of this account; did you mean \"Main Warehouse\"? {VALID}"
        )
    );
    assert!(refusal(&bikes(), "warehouse").contains("did you mean \"Main Warehouse\"?"));
    assert_eq!(
        refusal(&bikes(), "Antwerp"),
        format!("\"Antwerp\" is not a location of this account. {VALID}")
    );
    assert!(refusal(&bikes(), "#99").starts_with("\"#99\" is not a location"));
    assert!(refusal(&bikes(), "").starts_with("\"\" is not a location of this account."));
}

#[test]
fn a_shared_name_is_refused_with_the_ids() {
    assert_eq!(
        refusal(&bikes(), "Twin"),
        "\"Twin\" is the name of 2 locations of this account; choose one by its id: #4, #5"
    );
    assert!(refusal(&bikes(), "twin").contains("type: #4"));
}

#[test]
fn an_archived_location_is_refused_and_never_listed() {
    for code in ["Old Mill", "#6", "old mill"] {
        let text = refusal(&bikes(), code);
        assert!(
            text.contains("is an archived location and cannot be chosen"),
            "{text}"
        );
        assert!(text.ends_with(VALID), "{text}");
    }
    let reused = book(&[(1, "Corner", true), (2, "Corner", false)]);
    assert_eq!(reused.resolve_one("Corner"), Ok(ShopId(2)));
}

#[test]
fn an_account_without_open_locations_says_so() {
    assert_eq!(
        refusal(&book(&[]), "Main"),
        "\"Main\" is not a location of this account. (the account has no open location)"
    );
}

#[test]
fn every_refusal_is_one_line() {
    let book = book(&[(1, "Two\nLines", false)]);
    for code in ["two\nlines", "x\ny", "Two\nLine"] {
        assert!(!refusal(&book, code).contains('\n'));
    }
}

#[test]
fn lists_trim_what_is_unquoted_and_keep_what_is_quoted() {
    let parsed = |text| parse_list(text).expect(text);
    assert_eq!(
        parsed(r#"Main Warehouse,"Downtown, 2nd floor""#),
        ["Main Warehouse", "Downtown, 2nd floor"]
    );
    assert_eq!(
        parsed(r#"  a b , " c " ,"say ""hi""""#),
        ["a b", " c ", r#"say "hi""#]
    );
    assert_eq!(parsed(r#"5" pipe,#3"#), [r#"5" pipe"#, "#3"]);
}

#[test]
fn broken_lists_name_the_entry() {
    for (text, position) in [("", 1), ("a,", 2), ("a,,b", 2), (" , a", 1), (r#"a,"""#, 2)] {
        assert_eq!(
            parse_list(text),
            Err(LocationError::EmptyEntry { position }),
            "{text}"
        );
    }
    for (text, position) in [(r#""a"#, 1), (r#"a,"b" c"#, 2), (r#""a"b"#, 1)] {
        assert_eq!(
            parse_list(text),
            Err(LocationError::BrokenQuotes { position }),
            "{text}"
        );
    }
}

#[test]
fn a_list_resolves_each_location_once() {
    assert_eq!(
        bikes().resolve_list(r#"#5, Main Warehouse,"Downtown, 2nd floor",#1"#),
        Ok(vec![ShopId(5), ShopId(1), ShopId(2)])
    );
    assert!(bikes().resolve_list("Main Warehouse, Twin").is_err());
}
