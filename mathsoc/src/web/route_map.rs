//! A router that records its routes, so that the route map can be printed and tested.
//!
//! ```
//! use mathsoc::web::route_map::{Group, Map};
//!
//! let group = Group::new("public").get("/about", async || "About us").redirect("/us", "/about");
//! let map: Map = Map::new().group(group);
//! assert_eq!(map.rows().iter().map(|row| row.path).collect::<Vec<_>>(), ["/about", "/us"]);
//! ```
//!
//! A [`Group`] is a set of routes with the same layers: [`layer`](Group::layer) applies to all of
//! them, and to no other group. Layers around everything, fallback included, go around
//! [`Map::into_router`].

use std::convert::Infallible;
use std::fmt;

use axum::Router;
use axum::extract::Request;
use axum::handler::Handler;
use axum::response::{IntoResponse, Redirect};
use axum::routing::{MethodRouter, Route, get, post};
use tower::{Layer, Service};

#[must_use]
pub struct Map<S = ()> {
    router: Router<S>,
    rows: Vec<Row>,
}

/// A line of the route map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// The methods; HEAD is implied by GET.
    pub methods: &'static str,
    /// The path, with its parameters in braces.
    pub path: &'static str,
    /// The name of its group.
    pub group: &'static str,
}

impl<S: Clone + Send + Sync + 'static> Map<S> {
    #[expect(clippy::new_without_default, reason = "only the start of a chain")]
    pub fn new() -> Self {
        Self { router: Router::new(), rows: Vec::new() }
    }

    /// Adds the routes of a group.
    pub fn group(mut self, group: Group<S>) -> Self {
        self.rows.extend(group.rows);
        Self { router: self.router.merge(group.router), ..self }
    }

    /// The routes, in the order of registration.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Returns the router, for fallbacks and layers that apply to everything.
    pub fn into_router(self) -> Router<S> {
        self.router
    }
}

/// Writes the table of `mathsoc routes`.
impl<S> fmt::Display for Map<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.rows.iter().map(|row| row.path.len()).max().unwrap_or(0);
        self.rows
            .iter()
            .try_for_each(|Row { methods, path, group }| writeln!(f, "{methods:<6}  {path:<width$}  {group}"))
    }
}

/// A set of routes with the same layers.
#[must_use]
pub struct Group<S = ()> {
    name: &'static str,
    router: Router<S>,
    rows: Vec<Row>,
}

impl<S: Clone + Send + Sync + 'static> Group<S> {
    pub fn new(name: &'static str) -> Self {
        Self { name, router: Router::new(), rows: Vec::new() }
    }

    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Adds a GET route.
    pub fn get<H: Handler<T, S>, T: 'static>(self, path: &'static str, handler: H) -> Self {
        self.route("GET", path, get(handler))
    }

    /// Adds a POST route. The page with the form is a [`get`](Self::get) of the same path, in any
    /// group.
    pub fn post<H: Handler<T, S>, T: 'static>(self, path: &'static str, handler: H) -> Self {
        self.route("POST", path, post(handler))
    }

    /// Adds a permanent redirect (308).
    pub fn redirect(self, path: &'static str, to: &'static str) -> Self {
        self.get(path, async move || Redirect::permanent(to))
    }

    /// Sets the handler for unknown paths, behind this group's layers. One group of the map has
    /// it.
    pub fn fallback<H: Handler<T, S>, T: 'static>(self, handler: H) -> Self {
        Self { router: self.router.fallback(handler), ..self }
    }

    /// Adds a layer around the routes so far and the fallback.
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
