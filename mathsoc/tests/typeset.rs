//! Typesetting: formulas become MathML without inline styles, and other text stays unchanged.

use mathsoc::text::typeset::{LONGEST_FORMULA, Typeset, text};
use palisade::sanitize::SafeHtml;

fn html(trusted: &str) -> Typeset {
    mathsoc::text::typeset::html(&SafeHtml::dangerous_allow_unsanitized(trusted))
}

#[test]
fn text_around_a_formula_is_escaped() {
    let shown = text(r#"<b>"Tom" & 'Ann'</b> found \(x^2\)"#).to_string();
    assert!(
        shown.starts_with("&lt;b&gt;&quot;Tom&quot; &amp; &#39;Ann&#39;&lt;/b&gt; found <math>"),
        "{shown}"
    );
}

#[test]
fn html_around_a_formula_stays() {
    let shown = html(r"<p>Let \(x &lt; 3\).</p>").to_string();
    assert!(
        shown.starts_with("<p>Let <span class=\"joined\"><math>") && shown.ends_with("</math>.</span></p>"),
        "{shown}"
    );
    assert!(shown.contains("&lt;") && !shown.contains("tex-error"), "{shown}");
}

#[test]
fn a_formula_on_its_own_line_can_scroll() {
    let shown = html(r"\[\sum_{k=1}^n k = \frac{n(n+1)}{2}\]").to_string();
    assert!(shown.starts_with(r#"<span class="formula"><math display="block">"#), "{shown}");
    assert!(shown.ends_with("</math></span>"), "{shown}");
}

#[test]
fn an_invalid_formula_is_shown_as_written() {
    let shown = text(r"so \(\frac{1}{<\) holds").to_string();
    assert_eq!(shown, r#"so <code class="tex-error">\frac{1}{&lt;</code> holds"#);
    assert!(text(r"\(\nosuchcommand\)").as_str().contains("tex-error"));
}

#[test]
fn an_opening_without_its_closing_is_text() {
    assert_eq!(text(r"an \( alone, \) the other way").as_str().matches("<math>").count(), 1);
    assert_eq!(text(r"an \( alone").to_string(), r"an \( alone");
    assert_eq!(text(r"\").to_string(), r"\");
    assert_eq!(text(r"\(").to_string(), r"\(");
    assert_eq!(text("").to_string(), "");
}

#[test]
fn a_row_end_before_a_bracket_is_kept() {
    let shown = html(r"\[\begin{matrix} a \\ ) \\] \end{matrix}\]").to_string();
    assert_eq!(shown.matches("<math").count(), 1, "{shown}");
}

#[test]
fn styles_become_classes() {
    let cases = [
        r"\[\begin{aligned} a &= b \\ &= c \end{aligned}\]",
        r"\[\begin{align} a &= b \\ c &= d \end{align}\]",
        r"\[f(n) = \begin{cases} n/2 & \text{even} \\ 3n+1 & \text{odd} \end{cases}\]",
        r"\[\begin{array}{|l|r|} \hline 1 & 2 \\ \hline \end{array}\]",
        r"\(a \! b \quad \textsc{caps} \hat{x} \color{red} y\)",
        r"\(\sqrt{x'} \pmod{7} \overbrace{ab}^{2}\)",
    ];
    for case in cases {
        let shown = html(case).to_string();
        assert!(shown.contains("<math"), "{case} → {shown}");
        assert!(!shown.contains(" style="), "{case} → {shown}");
    }
    let aligned = html(cases[0]).to_string();
    assert!(
        aligned.contains(r#"<mtd class="tex-text-align-right tex-justify-items-end tex-padding-right-0">"#),
        "{aligned}"
    );
}

#[test]
fn the_word_style_in_a_formula_stays() {
    let shown = html(r#"\(\text{a style="b" word}\)"#).to_string();
    assert!(shown.contains("style=") && !shown.contains("tex-"), "{shown}");
}

#[test]
fn a_formula_never_holds_a_link() {
    assert!(html(r"\(\href{javascript:alert(1)}{x}\)").as_str().contains("tex-error"));
    assert!(!html(r"\(x\)").as_str().contains("tex-error"));
}

#[test]
fn deep_nesting_never_overflows_the_stack() {
    let nests = [
        ("{", "}"),
        (r"\sqrt{", "}"),
        (r"\sqrt ", ""),
        (r"\hat ", ""),
        ("x^{", "}"),
        (r"\left(", r"\right)"),
        (r"\frac1", ""),
        (r"\rm x ", ""),
        (r"\displaystyle ", ""),
        (r"\text{$", "$}"),
        (r"\begin{cases}", r"\end{cases}"),
    ];
    for (open, close) in nests {
        for length in [64, LONGEST_FORMULA] {
            let depth = (length - 1) / (open.len() + close.len());
            let tex = format!(r"\({}1{}\)", open.repeat(depth), close.repeat(depth));
            assert!(!html(&tex).as_str().is_empty());
        }
        let longer = format!(r"\({}1{}\)", open.repeat(LONGEST_FORMULA), close.repeat(LONGEST_FORMULA));
        assert!(html(&longer).as_str().contains("tex-error"));
    }
}

#[test]
fn punctuation_stays_on_the_line_of_its_formula() {
    let shown = text(r"(see \(n\)), or \(m\) & more").to_string();
    assert!(shown.contains(r#"<span class="joined"><math><mi>n</mi></math>),</span> or <math>"#), "{shown}");
    let shown = text(r"\(\nope\). <b>").to_string();
    assert_eq!(shown, r#"<code class="tex-error">\nope</code>. &lt;b&gt;"#);
}
