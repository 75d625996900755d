use axum::routing::get;
use palisade::Palisade;

fn run() {
    let app = Palisade::development().protect(get(async || "Hello"));
}
