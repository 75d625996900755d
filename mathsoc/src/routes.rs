//! The whole URL map, and the layers around it, on one screen.

use std::time::Duration;

use axum::Router;
use axum::middleware::from_extractor_with_state;
use palisade::body_limit::BodyLimit;
use palisade::deadline::Deadline;
use palisade::headers::ReferrerPolicy;
use palisade::{ErrorPages, PageHeaders, SignedIn};
use tower::Layer;
use tower::util::MapRequestLayer;

use crate::db::users::User;
use crate::error::Error;
use crate::observe::access_log::AccessLog;
use crate::observe::metrics;
use crate::pages::account::{
    confirm, delete, export, history, login, password, profile, register, reset, second_factor, sessions,
    setup, verify,
};
use crate::pages::{admin, error, files, public};
use crate::state::App;
use crate::web::route_map;
use crate::web::signed_in::{Admin, KnowsMembers};
use crate::web::{assets, compression, policy};

type Group = route_map::Group<App>;
type Map = route_map::Map<App>;

/// Every route, group by group.
pub fn map() -> Map {
    let site =
        [public(), search(), log_in(), sign_up(), forgotten(), links(), submit(), live(), members(), admin()];
    let files = [admin_files(), uploads(), files(), reports(), open()];
    site.into_iter().chain(files).fold(Map::new(), Map::group)
}

/// Pages for everybody.
fn public() -> Group {
    Group::new("public")
        .get("/", public::home::home)
        .redirect("/home", "/")
        .get("/about", public::about::about)
        .get("/privacy_policy", public::privacy_policy::privacy_policy)
        .get("/challenges", public::challenges::list)
        .get("/challenges/{id}", public::challenges::one)
        .get("/articles", public::articles::list)
        .get("/article/{id}", public::articles::one)
        .get("/newsletters", public::newsletters::list)
        .get("/newsletters/{id}", public::newsletters::one)
        .get("/register", register::show)
        .get("/login", login::show)
        .get("/login/code", login::show_code)
        .get("/password_reset", reset::show)
        .fallback(async || Error::NotFound)
}

/// Whatever tells who somebody is: passwords and codes.
fn log_in() -> Group {
    Group::new("login")
        .post("/login", login::take)
        .post("/login/code", login::take_code)
        .post("/login/confirm", confirm::take)
        .post("/profile/change_password", password::take)
}

fn search() -> Group {
    Group::new("search").get("/search", public::search::show)
}

fn sign_up() -> Group {
    Group::new("register").post("/register", register::take)
}

fn forgotten() -> Group {
    Group::new("password_reset").post("/password_reset", reset::take)
}

/// What letters lead to. The link is in the address, so no other site is told the address.
fn links() -> Group {
    Group::new("links")
        .get("/verify_email/{token}", verify::show)
        .post("/verify_email/{token}", verify::take)
        .get("/password_reset/{token}", reset::show_new)
        .post("/password_reset/{token}", reset::take_new)
        .get("/setup/{token}", setup::show)
        .post("/setup/{token}", setup::take)
        .get("/welcome/{token}", reset::show_first)
        .post("/welcome/{token}", reset::take_first)
        .layer(PageHeaders::new().private().referrer_policy(ReferrerPolicy::NoReferrer))
}

/// Answers to challenges, from who is signed in.
fn submit() -> Group {
    Group::new("submit")
        .post("/challenges/{id}/answers", public::answers::take)
        .post("/api/submit", public::api::submit)
}

/// What is told to members while they look: each answer lasts.
fn live() -> Group {
    Group::new("live").get("/leaderboard/events", public::live_board::events)
}

/// For who is signed in: the gate is around all of them.
fn members() -> Group {
    Group::new("members")
        .post("/logout", login::log_out)
        .get("/leaderboard", public::leaderboard::show)
        .get("/competitions", public::competitions::list)
        .get("/competitions/{id}", public::competitions::one)
        .get("/login/confirm", confirm::show)
        .get("/profile", profile::show)
        .get("/profile/edit", profile::edit)
        .post("/profile/edit", profile::take)
        .get("/profile/history", history::show)
        .get("/profile/export", export::show)
        .get("/profile/change_password", password::show)
        .get("/profile/delete_account", delete::show)
        .post("/profile/delete_account", delete::take)
        .get("/profile/sessions", sessions::show)
        .post("/profile/sessions/end", sessions::end)
        .get("/profile/second_factor", second_factor::show)
        .post("/profile/second_factor", second_factor::take)
        .post("/profile/second_factor/remove", second_factor::remove)
}

/// For admins: the gate is around all of them, and every change is a POST.
fn admin() -> Group {
    Group::new("admin")
        // A list of 512 KiB, each letter of which may be three in a form.
        .post("/admin/users/import", admin::users::import::take)
        .layer(BodyLimit::bytes(2 << 20))
        .get("/admin", admin::home::show)
        .get("/admin/log", admin::log::show)
        .get("/admin/reports", admin::reports::show)
        .get("/admin/pictures/new", admin::pictures::new)
        .post("/admin/reports/forget", admin::reports::forget_all)
        .post("/admin/reports/{id}/forget", admin::reports::forget)
        .get("/admin/challenges", admin::challenges::list)
        .get("/admin/challenges/new", admin::challenges::new)
        .post("/admin/challenges/new", admin::challenges::create)
        .post("/admin/challenges/preview", admin::challenges::preview)
        .get("/admin/challenges/{id}", admin::challenges::edit)
        .post("/admin/challenges/{id}", admin::challenges::change)
        .post("/admin/challenges/{id}/lock", admin::challenges::lock)
        .post("/admin/challenges/{id}/unlock", admin::challenges::unlock)
        .get("/admin/articles", admin::articles::list)
        .get("/admin/articles/new", admin::articles::new)
        .post("/admin/articles/new", admin::articles::create)
        .post("/admin/articles/preview", admin::articles::preview)
        .get("/admin/articles/{id}", admin::articles::edit)
        .post("/admin/articles/{id}", admin::articles::change)
        .get("/admin/newsletters", admin::newsletters::list)
        .get("/admin/newsletters/new", admin::newsletters::new)
        .post("/admin/newsletters/preview", admin::newsletters::preview)
        .get("/admin/newsletters/{id}", admin::newsletters::edit)
        .get("/admin/competitions", admin::competitions::list)
        .get("/admin/competitions/new", admin::competitions::new)
        .post("/admin/competitions/new", admin::competitions::create)
        .get("/admin/competitions/{id}", admin::competitions::edit)
        .post("/admin/competitions/{id}", admin::competitions::change)
        .post("/admin/competitions/{id}/lock", admin::competitions::lock)
        .get("/admin/announcements", admin::announcements::list)
        .get("/admin/announcements/new", admin::announcements::new)
        .post("/admin/announcements/new", admin::announcements::create)
        .post("/admin/announcements/preview", admin::announcements::preview)
        .get("/admin/announcements/{id}", admin::announcements::edit)
        .post("/admin/announcements/{id}", admin::announcements::change)
        .get("/admin/schools", admin::schools::list)
        .get("/admin/schools/new", admin::schools::new)
        .post("/admin/schools/new", admin::schools::create)
        .get("/admin/schools/{id}", admin::schools::edit)
        .post("/admin/schools/{id}", admin::schools::change)
        .get("/admin/awards", admin::awards::list)
        .get("/admin/awards/new", admin::awards::new)
        .post("/admin/awards/new", admin::awards::create)
        .get("/admin/awards/{id}", admin::awards::edit)
        .post("/admin/awards/{id}", admin::awards::change)
        .get("/admin/tester", admin::tester::show)
        .post("/admin/tester", admin::tester::take)
        .post("/api/math/test-equivalence", admin::tester::compare)
        .post("/api/math/normalize", admin::tester::normalize)
        .get("/admin/users", admin::users::list)
        .get("/admin/users/new", admin::users::details::new)
        .post("/admin/users/new", admin::users::details::create)
        .get("/admin/users/import", admin::users::import::show)
        .get("/admin/users/bulk", admin::users::bulk::show)
        .post("/admin/users/bulk", admin::users::bulk::take)
        .post("/admin/users/restore", admin::users::restore)
        .get("/admin/users/{id}", admin::users::one::show)
        .get("/admin/users/{id}/edit", admin::users::details::edit)
        .post("/admin/users/{id}/edit", admin::users::details::change)
        .get("/admin/users/{id}/role", admin::users::actions::show_role)
        .post("/admin/users/{id}/role", admin::users::actions::change_role)
        .get("/admin/users/{id}/second_factor", admin::users::actions::show_factor)
        .post("/admin/users/{id}/second_factor", admin::users::actions::remove_factor)
        .post("/admin/users/{id}/letter", admin::users::actions::letter)
        .post("/admin/users/{id}/verify", admin::users::actions::verify)
        .post("/admin/users/{id}/log_out", admin::users::actions::log_out)
        .get("/admin/export/{file}", admin::export::show)
        .get("/admin/bin/{kind}/{id}", admin::trash::show)
        .post("/admin/bin/{kind}/{id}", admin::trash::delete)
        .post("/admin/bin/{kind}/{id}/restore", admin::trash::restore)
}

/// What admins send with files: larger than other forms, and longer on its way.
fn admin_files() -> Group {
    Group::new("admin")
        .post("/admin/api/pictures", files::take_picture)
        .post("/admin/newsletters/new", admin::newsletters::create)
        .post("/admin/newsletters/{id}", admin::newsletters::change)
        .post("/admin/pictures/new", admin::pictures::take)
}

/// What was uploaded, for who may see what uses it; never limited, since a page has many pictures.
fn uploads() -> Group {
    Group::new("uploads").get("/files/{id}/{name}", files::show)
}

/// What pages are made of; never limited.
fn files() -> Group {
    Group::new("files")
        .get("/static/{*path}", assets::serve)
        .get("/favicon.ico", assets::favicon)
        .get("/robots.txt", assets::robots)
}

/// What browsers report. It is behind no gate of tokens, since they send none with it; it changes nothing but counts, and is limited.
fn reports() -> Group {
    Group::new("reports").post(policy::REPORT_PATH, public::reports::take)
}

/// What answers whoever asks: with every header, but without a look at the host, and in the clear too.
fn open() -> Group {
    Group::new("open").get("/healthz", public::health::live).get("/readyz", public::health::ready)
}

/// How long files may be on their way.
const SENDING: Duration = Duration::from_secs(300);

/// The site: what `main` serves and the tests call.
///
/// A request passes from the outside in; each stage is one service around a whole router, because
/// axum would box a layer for every route:
///
/// | stage | layers, outermost first |
/// |---|---|
/// | everything | compression, access log, `Accept` of the API, error pages |
/// | probes | their limits, headers; no host check and no redirect to HTTPS |
/// | site | hosts, HTTPS, headers, CSRF by `Origin`; deadline; body limit |
/// | files, reports | their limits |
/// | pages | session; who is signed in; limits; CSRF token; gate |
pub fn app(state: App) -> Router {
    let palisade = policy::palisade(&state.config);
    let csrf = policy::csrf_tokens(&state.keyring, state.config.csrf_enabled);
    let limited = |group: Group| state.limits.gates(group.name()).fold(group, Group::layer);
    let for_members = |group: Group| group.layer(SignedIn::<User>::gate(state.clone()));
    let for_admins = |group: Group| {
        group.layer(PageHeaders::new().private()).layer(SignedIn::<Admin>::gate(state.clone()))
    };
    let with_files = |group: Group| {
        let large = BodyLimit::bytes(state.config.uploads.most_bytes).within(SENDING);
        group.layer(large).layer(Deadline::new(SENDING))
    };
    // Limits go around the token, so that a flood is rejected before its bodies are read.
    let page = |group: Group| limited(group.layer(csrf.clone()));

    let visitors = [public(), search(), log_in(), sign_up(), forgotten(), links(), uploads()];
    let members = [submit(), live(), members()].map(for_members);
    let admins = [for_admins(admin()), with_files(for_admins(admin_files()))];
    let pages = visitors.into_iter().chain(members).chain(admins).map(page).fold(Map::new(), Map::group);
    let members_known = from_extractor_with_state::<KnowsMembers, App>(state.clone());
    let pages = (state.sessions.clone(), members_known).layer(pages.into_router().with_state(state.clone()));

    let site = Map::new().group(limited(files())).group(limited(reports())).into_router();
    let site = (palisade.clone(), Deadline::default(), BodyLimit::default())
        .layer(site.fallback_service(pages).with_state(state.clone()));

    let probes = Map::new().group(limited(open())).into_router().layer(palisade.for_probes());
    let everything = (
        compression::pages(),
        AccessLog(state.traffic.clone()),
        MapRequestLayer::new(public::api::default_accept_to_json),
        ErrorPages::new(error::page),
    );
    let everything = everything.layer(probes.fallback_service(site).with_state(state));
    Router::new().fallback_service(everything)
}

/// The service for `METRICS_ADDR`: what `main` serves there and the tests call.
pub fn metrics(state: &App) -> Router {
    let (traffic, reports) = (state.traffic.clone(), state.reports.clone());
    let sources = metrics::Sources { traffic, reports, counters: state.counters.clone() };
    metrics::router(sources, &policy::palisade(&state.config))
}
