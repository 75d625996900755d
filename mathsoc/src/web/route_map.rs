//! A router that remembers what it was told, so that the URL map can be printed and walked.
//!
//! ```
//! use mathsoc::web::route_map::{Group, Map};
//!
//! let map: Map = Map::new().group(Group::new("public").get("/about", async || "About us").redirect("/us", "/about"));
//! assert_eq!(map.rows().iter().map(|row| row.path).collect::<Vec<_>>(), ["/about", "/us"]);
//! ```
//!
//! A [`Group`] is a set of routes with the same gates: what [`layer`](Group::layer) adds holds for all of them, and for
//! no other group. What belongs around everything, fallback included, goes around [`Map::into_router`].

use std::convert::Infallible;
use std::fmt;

use axum::Router;
use axum::extract::Request;
use axum::handler::Handler;
use axum::response::{IntoResponse, Redirect};
use axum::routing::{MethodRouter, Route, get, post};
use tower::{Layer, Service};

/// All routes of the site.
#[must_use]
pub struct Map<S = ()> {
    router: Router<S>,
    rows: Vec<Row>,
}

/// One line of the URL map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// The methods that are answered; HEAD goes with GET.
    pub methods: &'static str,
    /// The path, with its parameters in braces.
    pub path: &'static str,
    /// The group whose gates it is behind.
    pub group: &'static str,
}

impl<S: Clone + Send + Sync + 'static> Map<S> {
    /// No routes yet.
    #[expect(clippy::new_without_default, reason = "a map without routes is the start of a chain only")]
    pub fn new() -> Self {
        Self { router: Router::new(), rows: Vec::new() }
    }

    /// Adds the routes of a group.
    pub fn group(mut self, group: Group<S>) -> Self {
        self.rows.extend(group.rows);
        Self { router: self.router.merge(group.router), ..self }
    }

    /// The routes in the order in which they were added.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The router, for the fallback and the layers that hold for everything.
    pub fn into_router(self) -> Router<S> {
        self.router
    }
}

/// The table that `mathsoc routes` prints.
impl<S> fmt::Display for Map<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.rows.iter().map(|row| row.path.len()).max().unwrap_or(0);
        self.rows
            .iter()
            .try_for_each(|Row { methods, path, group }| writeln!(f, "{methods:<6}  {path:<width$}  {group}"))
    }
}

/// Routes behind the same gates.
#[must_use]
pub struct Group<S = ()> {
    name: &'static str,
    router: Router<S>,
    rows: Vec<Row>,
}

impl<S: Clone + Send + Sync + 'static> Group<S> {
    /// A group without routes.
    pub fn new(name: &'static str) -> Self {
        Self { name, router: Router::new(), rows: Vec::new() }
    }

    /// The group's name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// A page to read.
    pub fn get<H: Handler<T, S>, T: 'static>(self, path: &'static str, handler: H) -> Self {
        self.route("GET", path, get(handler))
    }

    /// Something that is sent. A form's page is a [`get`](Self::get) of the same path, in this group or another.
    pub fn post<H: Handler<T, S>, T: 'static>(self, path: &'static str, handler: H) -> Self {
        self.route("POST", path, post(handler))
    }

    /// An address that has moved for good (308).
    pub fn redirect(self, path: &'static str, to: &'static str) -> Self {
        self.get(path, async move || Redirect::permanent(to))
    }

    /// What answers where there is no route; one group of the map has it, and it is behind that group's gates.
    pub fn fallback<H: Handler<T, S>, T: 'static>(self, handler: H) -> Self {
        Self { router: self.router.fallback(handler), ..self }
    }

    /// A gate around the routes that the group has so far, and around its fallback.
    pub fn layer<L>(self, layer: L) -> Self
    where
        L: Layer<Route> + Clone + Send + Sync + 'static,
        L::Service: Service<Request, Error = Infallible, Response: IntoResponse, Future: Send>
            + Clone
            + Send
            + Sync
            + 'static,
    {
        Self { router: self.router.layer(layer), ..self }
    }

    fn route(mut self, methods: &'static str, path: &'static str, handler: MethodRouter<S>) -> Self {
        self.rows.push(Row { methods, path, group: self.name });
        Self { router: self.router.route(path, handler), ..self }
    }
}
