//! The programs of this folder, written as their errors say.

use axum::extract::{Request, State};
use axum::routing::get;
use axum::Router;
use palisade::Redirect;
use palisade::redirect::{SafePath, SafePathError};
use palisade::serve::Serving;

#[derive(Clone)]
struct App;

async fn home(_: State<App>) {}

fn with_state() -> Serving {
    let app = Router::new().route("/", get(home)).with_state(App);
    palisade::serve(listener(), app)
}

fn app() -> Router {
    Router::new()
}

fn returned_router() -> Serving {
    palisade::serve(listener(), app())
}

fn middleware() -> Serving {
    let service = axum::middleware::from_fn(async |request: Request, next: axum::middleware::Next| {
        next.run(request).await
    });
    palisade::serve(listener(), Router::new().layer(service))
}

fn protected() -> Serving {
    let app = palisade::Palisade::development().protect(Router::new().route("/", get(async || "Hello")));
    palisade::serve(listener(), app)
}

fn listener<T>() -> T {
    unreachable!("this program is only compiled")
}

fn redirects(id: u64) -> Result<[Redirect; 2], SafePathError> {
    Ok([Redirect::to(SafePath::of("/account")), Redirect::to(SafePath::of("/notes").join(id)?)])
}
