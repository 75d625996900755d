//! `contestant NAME PORT`: the same five responses behind different layers, measured by `speed`.
//!
//! | name | layers |
//! |---|---|
//! | `bare` | none |
//! | `floor` | none, but the headers that `palisade` sends, cloned from a prepared map |
//! | `static-headers` | tower-http, one layer a header |
//! | `assembled` | axum-helmet, tower_governor, tower-sessions with axum-login, axum_csrf |
//! | `palisade` | hosts, proxies, https, headers, CSP, two quotas, session, sign-in, token |

mod assembled;
mod bare;
mod floor;
mod layers;
mod static_headers;
mod visitor;
mod work;

use std::net::SocketAddr;

use tokio::net::TcpListener;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let (Some(name), Some(port)) = (args.next(), args.next()) else {
        return Err("write: contestant bare|floor|static-headers|assembled|palisade PORT".into());
    };
    let address = SocketAddr::from(([127, 0, 0, 1], port.parse()?));
    // One thread, since every contestant has one core.
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(serve(&name, address))
}

async fn serve(name: &str, address: SocketAddr) -> Result<(), Box<dyn std::error::Error>> {
    let app = match name {
        "bare" => bare::app(),
        "floor" => floor::app().await?,
        "static-headers" => static_headers::app().await?,
        "assembled" => assembled::app().await?,
        "palisade" => {
            let app = layers::app()?;
            return Ok(palisade::serve(TcpListener::bind(address).await?, app).await?);
        }
        other => return Err(format!("unknown contestant {other}").into()),
    };
    let listener = TcpListener::bind(address).await?;
    Ok(axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>()).await?)
}
