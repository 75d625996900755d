use axum::extract::State;
use axum::routing::get;
use axum::Router;

#[derive(Clone)]
struct App;

async fn home(_: State<App>) {}

async fn run() {
    let app: Router<App> = Router::new().route("/", get(home));
    palisade::serve(unreachable!(), app).await;
}
