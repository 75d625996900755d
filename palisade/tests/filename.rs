//! `SafeName` keeps as much of a file's name as is safe. The reference is Werkzeug's
//! `secure_filename`; some results differ on purpose.

use palisade::upload::SafeName;

fn both(name: &str, unicode: &str, ascii: &str) {
    assert_eq!(SafeName::new(name).as_str(), unicode, "{name:?}");
    assert_eq!(SafeName::ascii(name).as_str(), ascii, "{name:?} in ASCII");
}

#[test]
fn names_match_werkzeug() {
    for (name, safe) in [
        ("My cool movie.mov", "My_cool_movie.mov"),
        ("../../../etc/passwd", "etc_passwd"),
        ("__filename__", "filename"),
        ("foo$&^*)bar", "foobar"),
        ("a/b/c.txt", "a_b_c.txt"),
        ("a \t\n b.txt", "a_b.txt"),
        ("a & b.txt", "a__b.txt"),
        ("foo.php.jpg", "foo.php.jpg"),
        ("a..b", "a..b"),
        ("a_.txt", "a_.txt"),
        ("null\0byte.txt", "nullbyte.txt"),
        ("name.", "name"),
        ("README", "README"),
    ] {
        both(name, safe, safe);
    }
}

#[test]
fn letters_are_kept_or_transliterated_by_choice() {
    both("i contain cool ümläuts.txt", "i_contain_cool_ümläuts.txt", "i_contain_cool_umlauts.txt");
    both("e\u{301}te\u{301}.txt", "été.txt", "ete.txt");
    both("ﬁle①.txt", "file1.txt", "file1.txt");
    both("हिन्दी.txt", "हिन्दी.txt", "file.txt");
}

#[test]
fn an_emptied_name_keeps_its_extension() {
    both("файл.txt", "файл.txt", "file.txt");
    both("файл", "файл", "file");
    for (name, safe) in [
        ("", "file"),
        (".png", "file.png"),
        ("..", "file"),
        ("/", "file"),
        ("-", "file"),
        ("._-.pdf", "file.pdf"),
        ("💥.gif", "file.gif"),
    ] {
        both(name, safe, safe);
    }
}

#[test]
fn a_backslash_separates_too() {
    both("C:\\x\\y.txt", "C_x_y.txt", "C_x_y.txt");
    both("..\\..\\evil.bat", "evil.bat", "evil.bat");
}

#[test]
fn windows_device_names_get_an_underscore_everywhere() {
    for (name, safe) in [
        ("nul.txt", "_nul.txt"),
        ("CON", "_CON"),
        ("Aux.tar.gz", "_Aux.tar.gz"),
        ("com1.log", "_com1.log"),
        ("LPT0", "_LPT0"),
        ("com¹", "_com1"),
        ("conin$", "_conin"),
        ("console.txt", "console.txt"),
        ("com10", "com10"),
        ("commit", "commit"),
    ] {
        both(name, safe, safe);
    }
}

#[test]
fn hidden_option_like_and_bidi_names_are_cleaned() {
    for (name, safe) in [
        (".htaccess", "file.htaccess"),
        ("-rf", "rf"),
        ("--help.txt", "help.txt"),
        ("photo\u{202e}gpj.exe", "photogpj.exe"),
        ("．．／secret.txt", "secret.txt"),
        ("a.txt:stream", "a.txtstream"),
        ("a.txt. ", "a.txt"),
    ] {
        both(name, safe, safe);
    }
}

#[test]
fn a_long_name_is_cut_to_255_bytes() {
    let long = SafeName::new(&format!("{}.jpeg", "ü".repeat(300)));
    assert_eq!((long.as_str().len(), long.extension()), (255, Some("jpeg")));
    let sentence = SafeName::new(&format!("Mr. {}", "a".repeat(300)));
    assert_eq!((sentence.as_str().len(), sentence.extension()), (255, None));
    let exactly = format!("{}.txt", "a".repeat(251));
    assert_eq!(SafeName::new(&exactly).as_str(), exactly);
    assert_eq!(SafeName::new(&format!("nul.{}.txt", "a".repeat(251))).as_str().len(), 255);
}

#[test]
fn sanitising_is_safe_and_idempotent() {
    let pieces = [
        "/",
        "\\",
        ".",
        "..",
        " ",
        "-",
        "_",
        "con",
        "nul",
        "com1",
        "a",
        "é",
        "ü\u{301}",
        "файл",
        "\0",
        "\n",
        ":",
        "．",
        "／",
        "\u{202e}",
        "\u{301}",
        "txt",
        ".txt",
        "💥",
        "%2e",
    ];
    let mut random = 0x2545_F491_4F6C_DD1D_u64;
    for round in 0..20_000 {
        let mut name = if round % 50 == 0 { "x".repeat(250) } else { String::new() };
        for _ in 0..round % 9 {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            name.push_str(pieces[(random >> 11) as usize % pieces.len()]);
        }
        for safe in [SafeName::new(&name), SafeName::ascii(&name)] {
            let text = safe.as_str();
            assert!(!text.is_empty() && text.len() <= 255, "{name:?}: {text:?}");
            assert!(!text.starts_with(['.', '-']) && !text.ends_with('.'), "{name:?}: {text:?}");
            assert!(
                !text.contains(|char: char| char.is_control()
                    || char.is_whitespace()
                    || "/\\:".contains(char)),
                "{text:?}"
            );
            assert_eq!(SafeName::new(text).as_str(), text, "{name:?}");
        }
    }
}
