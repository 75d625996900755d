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

use std::collections::HashSet;
use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;

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

/// The routes whose page has a form that is sent to the same path, in a request's extensions.
///
/// ```
/// use mathsoc::web::route_map::{FormPages, Group, Map};
///
/// let group = Group::new("admin").get("/pages/{id}", async || "form").post("/pages/{id}", async || "saved");
/// let map: Map = Map::new().group(group.get("/about", async || "About us"));
/// let pages = FormPages::of(&map);
/// assert!(pages.has_route("/pages/{id}") && pages.has_path("/pages/7?a=b"));
/// assert!(!pages.has_route("/about") && !pages.has_path("/pages/7/8"));
/// ```
#[derive(Clone, Debug, Default)]
pub struct FormPages(Arc<FormRoutes>);

#[derive(Debug, Default)]
struct FormRoutes {
    /// Routes with a page and its form.
    with_page: HashSet<&'static str>,
    /// Routes that a form is sent to, and that have no page, such as previews.
    without_page: HashSet<&'static str>,
}

impl FormPages {
    /// Returns the form pages of a map.
    pub fn of<S>(map: &Map<S>) -> Self {
        let of = |methods: &'static str| {
            map.rows.iter().filter(move |row| row.methods == methods).map(|row| row.path)
        };
        let shown: HashSet<_> = of("GET").collect();
        let (with_page, without_page) = of("POST").partition(|path| shown.contains(path));
        Self(Arc::new(FormRoutes { with_page, without_page }))
    }

    /// Returns `true` for the route of a form page, such as `/pages/{id}`.
    #[must_use]
    pub fn has_route(&self, route: &str) -> bool {
        self.0.with_page.contains(route)
    }

    /// Returns `true` for the path of a form page, with or without a query.
    #[must_use]
    pub fn has_path(&self, path: &str) -> bool {
        let path = path.split('?').next().unwrap_or_default();
        let fits = |route: &&str| {
            let is_same = |(part, given): (&str, &str)| part == given || part.starts_with('{');
            route.split('/').count() == path.split('/').count()
                && route.split('/').zip(path.split('/')).all(is_same)
        };
        !self.0.without_page.contains(path) && self.0.with_page.iter().any(fits)
    }
}
