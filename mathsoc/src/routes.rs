//! The URL map and the layers around it, on one screen.

use std::time::Duration;

use axum::middleware::{from_extractor_with_state, from_fn_with_state};
use axum::{Extension, Router};
#[cfg(doc)]
use palisade::Palisade;
use palisade::body_limit::BodyLimit;
use palisade::deadline::Deadline;
use palisade::headers::ReferrerPolicy;
use palisade::{ErrorPages, PageHeaders, SignedIn};

use crate::db::request_reads::RequestReadsLayer;
use crate::db::users::User;
use crate::error::Error;
use crate::links;
use crate::observe::access_log::AccessLog;
use crate::observe::metrics;
use crate::pages::account::{
    confirm, delete, export, history, login, password, profile, register, reset, second_factor, sessions,
    setup,
};
use crate::pages::{admin, error, files, public, unsent as unsent_page};
use crate::state::App;
use crate::web::route_map::{self, FormPages};
use crate::web::signed_in::{Admin, IdentifyMember};
use crate::web::{assets, compression, outage, policy, unsent_form};

type Group = route_map::Group<App>;
type Map = route_map::Map<App>;

/// Every route, group by group.
pub fn map() -> Map {
    let site = [
        public(),
        search(),
        log_in(),
        sign_up(),
        forgotten(),
        links(),
        confirm(),
        unsent(),
        submit(),
        live(),
        members(),
    ];
    let site = site.into_iter().chain([drafts(), admin()]);
    let files = [admin_files(), uploads(), files(), reports(), open()];
    site.chain(files).fold(Map::new(), Map::group)
}

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
        .fallback(async || Error::not_found())
}

/// Routes that check a password or a code.
fn log_in() -> Group {
    Group::new("login").post("/login", login::take).post("/login/code", login::take_code)
}

/// Routes that ask a member for the password again.
fn confirm() -> Group {
    Group::new("confirm")
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

/// The pages that letters link to. The path holds a token, so it is never sent as a referrer.
fn links() -> Group {
    Group::new("links")
        .get("/verify_email/{token}", register::show_last)
        .post("/verify_email/{token}", register::take_last)
        .get("/password_reset/{token}", reset::show_new)
        .post("/password_reset/{token}", reset::take_new)
        .get("/setup/{token}", setup::show)
        .post("/setup/{token}", setup::take)
        .get("/welcome/{token}", reset::show_first)
        .post("/welcome/{token}", reset::take_first)
        .layer(PageHeaders::new().no_store().referrer_policy(ReferrerPolicy::NoReferrer))
}

/// Typed text that was not sent: shown to visitors when their form is rejected, and to members.
fn unsent() -> Group {
    Group::new("unsent").get("/unsent", unsent_page::show).post("/unsent", unsent_page::take)
}

/// Drafts of members, which a script sends.
fn drafts() -> Group {
    Group::new("drafts").post("/api/drafts", unsent_page::save)
}

/// Answers to challenges.
fn submit() -> Group {
    Group::new("submit")
        .post("/challenges/{id}/answers", public::answers::take)
        .post("/api/submit", public::api::submit)
}

/// Event streams: each response lasts up to a minute.
fn live() -> Group {
    Group::new("live").get("/leaderboard/events", public::live_board::events)
}

/// Pages for members; [`app`] puts the sign-in check around them.
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

/// Pages for admins; [`app`] puts the admin check around them. Every change is a POST.
fn admin() -> Group {
    Group::new("admin")
        // A list of 512 KiB, whose bytes may each be three in the encoded form.
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
        .get("/admin/challenges/{id}/results", admin::results::show)
        .get("/admin/challenges/{id}/results.csv", admin::results::files::challenge)
        .post("/admin/challenges/{id}/rulings", admin::results::rulings::take)
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
        .get("/admin/limits", admin::limits::show)
        .post("/admin/limits/release", admin::limits::release)
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
        .get("/admin/users/{id}/answers", admin::results::pupil::show)
        .get("/admin/users/{id}/answers.csv", admin::results::files::pupil)
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

/// Forms of admins with files: a larger body limit and a longer deadline than other forms.
fn admin_files() -> Group {
    Group::new("admin")
        .post("/admin/api/pictures", files::take_picture)
        .post("/admin/newsletters/new", admin::newsletters::create)
        .post("/admin/newsletters/{id}", admin::newsletters::change)
        .post("/admin/pictures/new", admin::pictures::take)
}

/// Uploaded files. The handler checks access. Not rate-limited: a page has many images.
fn uploads() -> Group {
    Group::new("uploads").get("/files/{id}/{name}", files::show)
}

/// Static files; not rate-limited.
fn files() -> Group {
    Group::new("files")
        .get("/static/{*path}", assets::serve)
        .get("/favicon.ico", assets::favicon)
        .get("/robots.txt", assets::robots)
}

/// Reports from browsers. No CSRF token is required, since browsers send none; the route changes
/// only counters, and is rate-limited.
fn reports() -> Group {
    Group::new("reports").post(policy::REPORT_PATH, public::reports::take)
}

/// Health checks: with all headers, but without the host check and the redirect to HTTPS.
fn open() -> Group {
    Group::new("open").get("/healthz", public::health::live).get("/readyz", public::health::ready)
}

/// The time that an upload may take.
const UPLOAD_TIMEOUT: Duration = Duration::from_secs(300);

/// Returns the site: `main` serves it, and the tests call it.
///
/// A request passes through the layers from the outside in:
///
/// | stage | layers, outermost first |
/// |---|---|
/// | everything | compression, access log |
/// | [`Palisade`] | error pages, hosts, HTTPS, headers, check of `Origin`, deadline, body limit, session, CSRF token |
/// | pages | 503 for database outages; signed-in member; drafts of sent forms; limits; sign-in or admin check |
///
/// Probes are reachable under every host and over plain HTTP. Files, browser reports and probes have
/// no session.
pub fn app(state: App) -> Router {
    let palisade = policy::palisade(&state.config)
        .sessions(state.sessions.clone())
        .error_pages(ErrorPages::new(error::page).logged_path(links::without_token));
    let palisade =
        if state.config.csrf_enabled { palisade } else { palisade.dangerous_disable_csrf_tokens() };
    let limited = |group: Group| state.limits.layers(group.name()).fold(group, Group::layer);
    let for_members = |group: Group| group.layer(SignedIn::<User>::gate(state.clone()));
    let for_admins = |group: Group| {
        group.layer(PageHeaders::new().no_store()).layer(SignedIn::<Admin>::gate(state.clone()))
    };
    let with_files = |group: Group| {
        let large = BodyLimit::bytes(state.config.uploads.most_bytes).timeout(UPLOAD_TIMEOUT);
        group.layer(large).layer(Deadline::new(UPLOAD_TIMEOUT))
    };

    let visitors = [public(), search(), log_in(), sign_up(), forgotten(), links(), unsent(), uploads()];
    let members = [confirm(), submit(), live(), members(), drafts()].map(for_members);
    let admins = [for_admins(admin()), with_files(for_admins(admin_files()))];
    let pages = visitors.into_iter().chain(members).chain(admins).map(limited).fold(Map::new(), Map::group);
    let identify_member = from_extractor_with_state::<IdentifyMember, App>(state.clone());
    let around_pages =
        (RequestReadsLayer, from_fn_with_state(state.clone(), outage::unavailable), identify_member);
    let forget_sent = from_fn_with_state(state.clone(), unsent_form::forget_sent);
    let pages = pages.into_router().layer(forget_sent).layer(around_pages);
    let pages = pages.layer(Extension(FormPages::of(&map())));
    let files = Map::new().group(limited(files())).group(limited(reports())).into_router();
    let probes = Map::new().group(limited(open())).into_router();

    palisade
        .for_probes()
        .protect(probes)
        .merge(palisade.without_sessions().protect(files))
        .merge(palisade.rejected_forms(pages.clone().with_state(state.clone()), "/unsent").protect(pages))
        .layer(AccessLog(state.traffic.clone()))
        .layer(compression::pages())
        .with_state(state)
}

/// Returns the service for `METRICS_ADDR`.
pub fn metrics(state: &App) -> Router {
    let (traffic, reports) = (state.traffic.clone(), state.reports.clone());
    let (storage, counters) = (state.storage.clone(), state.counters.clone());
    let sources = metrics::Sources { traffic, reports, storage, counters };
    metrics::router(sources, &policy::palisade(&state.config))
}
