//! The whole URL map, and the layers around it, on one screen.

use axum::Router;
use axum::middleware::from_fn_with_state;
use palisade::{BodyLimit, Deadline, ErrorPages};

use crate::error::Error;
use crate::route_map::{Group, Map};
use crate::state::App;
use crate::{access_log, assets, compress, pages, policy};

/// Every route, group by group.
pub fn map() -> Map {
    Map::new().group(public()).group(files()).group(open())
}

/// Pages for everybody.
fn public() -> Group {
    Group::new("public")
        .get("/", pages::home::home)
        .redirect("/home", "/")
        .get("/about", pages::about::about)
        .get("/privacy_policy", pages::privacy_policy::privacy_policy)
        .get("/challenges", pages::challenges::list)
        .get("/challenges/{id}", pages::challenges::one)
        .get("/articles", pages::articles::list)
        .get("/article/{id}", pages::articles::one)
        .fallback(async || Error::NotFound)
}

/// What pages are made of; never limited.
fn files() -> Group {
    Group::new("files")
        .get("/static/{*path}", assets::serve)
        .get("/favicon.ico", assets::favicon)
        .get("/robots.txt", assets::robots)
}

/// What answers whoever asks: with every header, but without a look at the host, and in the clear too.
fn open() -> Group {
    Group::new("open").get("/healthz", pages::health::live).get("/readyz", pages::health::ready)
}

/// The site: what `main` serves and the tests call. The last layer is the outermost.
pub fn app(state: App) -> Router {
    let palisade = policy::palisade(&state.config);
    let limited = |group: Group| state.limits.gates(group.name()).fold(group, Group::layer);
    let open = Map::new().group(limited(open())).into_router().layer(palisade.open());
    let site = Map::new()
        .group(limited(public()))
        .group(limited(files()))
        .into_router()
        .layer(BodyLimit::default())
        .layer(Deadline::default())
        .layer(palisade);
    site.merge(open)
        .layer(ErrorPages::new(pages::error::page))
        .layer(compress::pages())
        .layer(from_fn_with_state(state.traffic.clone(), access_log::record))
        .with_state(state)
}
