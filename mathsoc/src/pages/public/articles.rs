//! `/articles` and `/article/{id}`: articles by the society's members.

use askama::Template;
use axum::extract::State;
use axum::response::Html;

use crate::db::Paged;
use crate::db::articles::{self, Article, ArticleSummary};
use crate::error::Error;
use crate::pages::parts::address::{Id, Listing};
use crate::pages::parts::pager::Pager;
use crate::pages::parts::{Frame, Layout, Section, filters, render};
use crate::state::App;

#[derive(Template)]
#[template(path = "articles.html")]
struct List {
    layout: Layout,
    found: Paged<ArticleSummary>,
    pager: Pager,
}

#[derive(Template)]
#[template(path = "article.html")]
pub(crate) struct ArticlePage {
    layout: Layout,
    article: Article,
}

impl ArticlePage {
    /// Renders an article that is not saved.
    pub(crate) fn preview(frame: &Frame, article: Article) -> Self {
        let layout = frame.preview();
        Self { layout, article }
    }
}

/// `GET /articles?page=2`.
///
/// # Errors
/// Returns [`Error::not_found`] past the last page.
pub(crate) async fn list(
    State(app): State<App>,
    listing: Listing,
    frame: Frame,
) -> Result<Html<String>, Error> {
    let found = articles::page(&app.db, listing.page).await?;
    if found.items.is_empty() && listing.page > 1 {
        return Err(Error::not_found());
    }
    let pager = Pager::new("/articles", found.page, found.pages);
    render(&List { layout: frame.layout(Section::Articles), found, pager })
}

/// `GET /article/{id}`.
pub(crate) async fn one(State(app): State<App>, Id(id): Id, frame: Frame) -> Result<Html<String>, Error> {
    let article = articles::by_id(&app.db, id).await?.ok_or_else(Error::not_found)?;
    render(&ArticlePage { layout: frame.layout(Section::Articles), article })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::parts::page_checks;

    #[test]
    fn renders_formulas_as_mathml() {
        let article = Article {
            id: 1,
            title: "On 1 < 2".to_owned(),
            author: "Ann".to_owned(),
            teaser: "Why?".to_owned(),
            body: r"<h2>Because</h2><p>\(1 &lt; 2\)</p>".to_owned(),
            published_at: 0,
        };
        let page = ArticlePage { layout: page_checks::layout(), article }.render().unwrap();
        page_checks::check(&page, "On 1 &#60; 2");
        assert!(page.contains("<h2>Because</h2><p><math><mn>1</mn>"), "{page}");
    }

    #[test]
    fn a_paginated_list_links_to_its_pages() {
        let summary = ArticleSummary {
            id: 3,
            title: "Primes".to_owned(),
            author: "Ann".to_owned(),
            teaser: "They never end.".to_owned(),
            published_at: 0,
        };
        let found = Paged { items: vec![summary], page: 2, pages: 3, total: 21 };
        let list = List { layout: page_checks::layout(), found, pager: Pager::new("/articles", 2, 3) };
        let page = list.render().unwrap();
        page_checks::check(&page, "Articles");
        assert!(page.contains(r#"<a href="/articles" rel="prev">"#), "{page}");
        assert!(page.contains(r#"<a href="/articles?page=3" rel="next">"#), "{page}");
        assert!(page.contains(r#"<a href="/article/3">Primes</a>"#), "{page}");
    }
}
