//! The whole URL map, and the layers around it, on one screen.

use std::time::Duration;

use axum::Router;
use axum::middleware::from_extractor_with_state;
use palisade::{BodyLimit, Deadline, ErrorPages, PageHeaders, ReferrerPolicy, SignedIn};
use tower::Layer;
use tower::util::MapRequestLayer;

use crate::access_log::AccessLog;
use crate::db::users::User;
use crate::error::Error;
use crate::limits::KnowsMembers;
use crate::pages::account::{
    confirm, delete, export, history, login, password, profile, register, reset, second_factor, sessions,
    setup, verify,
};
use crate::pages::admin::{
    announcements, articles, awards, bin, challenges, competitions, home, log, newsletters, pictures,
    schools, tester, users,
};
use crate::route_map::{Group, Map};
use crate::signed_in::Admin;
use crate::state::App;
use crate::{assets, compress, pages, policy};

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
        .get("/", pages::home::home)
        .redirect("/home", "/")
        .get("/about", pages::about::about)
        .get("/privacy_policy", pages::privacy_policy::privacy_policy)
        .get("/challenges", pages::challenges::list)
        .get("/challenges/{id}", pages::challenges::one)
        .get("/articles", pages::articles::list)
        .get("/article/{id}", pages::articles::one)
        .get("/newsletters", pages::newsletters::list)
        .get("/newsletters/{id}", pages::newsletters::one)
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
    Group::new("search").get("/search", pages::search::show)
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
        .post("/challenges/{id}/answers", pages::answers::take)
        .post("/api/submit", pages::api::submit)
}

/// What is told to members while they look: each answer lasts.
fn live() -> Group {
    Group::new("live").get("/leaderboard/events", pages::live::events)
}

/// For who is signed in: the gate is around all of them.
fn members() -> Group {
    Group::new("members")
        .post("/logout", login::log_out)
        .get("/leaderboard", pages::leaderboard::show)
        .get("/competitions", pages::competitions::list)
        .get("/competitions/{id}", pages::competitions::one)
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
        .post("/admin/users/import", users::import::take)
        .layer(BodyLimit::bytes(2 << 20))
        .get("/admin", home::show)
        .get("/admin/log", log::show)
        .get("/admin/reports", pages::admin::reports::show)
        .get("/admin/pictures/new", pictures::new)
        .post("/admin/reports/forget", pages::admin::reports::forget_all)
        .post("/admin/reports/{id}/forget", pages::admin::reports::forget)
        .get("/admin/challenges", challenges::list)
        .get("/admin/challenges/new", challenges::new)
        .post("/admin/challenges/new", challenges::create)
        .post("/admin/challenges/preview", challenges::preview)
        .get("/admin/challenges/{id}", challenges::edit)
        .post("/admin/challenges/{id}", challenges::change)
        .post("/admin/challenges/{id}/lock", challenges::lock)
        .post("/admin/challenges/{id}/unlock", challenges::unlock)
        .get("/admin/articles", articles::list)
        .get("/admin/articles/new", articles::new)
        .post("/admin/articles/new", articles::create)
        .post("/admin/articles/preview", articles::preview)
        .get("/admin/articles/{id}", articles::edit)
        .post("/admin/articles/{id}", articles::change)
        .get("/admin/newsletters", newsletters::list)
        .get("/admin/newsletters/new", newsletters::new)
        .post("/admin/newsletters/preview", newsletters::preview)
        .get("/admin/newsletters/{id}", newsletters::edit)
        .get("/admin/competitions", competitions::list)
        .get("/admin/competitions/new", competitions::new)
        .post("/admin/competitions/new", competitions::create)
        .get("/admin/competitions/{id}", competitions::edit)
        .post("/admin/competitions/{id}", competitions::change)
        .post("/admin/competitions/{id}/lock", competitions::lock)
        .get("/admin/announcements", announcements::list)
        .get("/admin/announcements/new", announcements::new)
        .post("/admin/announcements/new", announcements::create)
        .post("/admin/announcements/preview", announcements::preview)
        .get("/admin/announcements/{id}", announcements::edit)
        .post("/admin/announcements/{id}", announcements::change)
        .get("/admin/schools", schools::list)
        .get("/admin/schools/new", schools::new)
        .post("/admin/schools/new", schools::create)
        .get("/admin/schools/{id}", schools::edit)
        .post("/admin/schools/{id}", schools::change)
        .get("/admin/awards", awards::list)
        .get("/admin/awards/new", awards::new)
        .post("/admin/awards/new", awards::create)
        .get("/admin/awards/{id}", awards::edit)
        .post("/admin/awards/{id}", awards::change)
        .get("/admin/tester", tester::show)
        .post("/admin/tester", tester::take)
        .post("/api/math/test-equivalence", tester::compare)
        .post("/api/math/normalize", tester::normalize)
        .get("/admin/users", users::list)
        .get("/admin/users/new", users::details::new)
        .post("/admin/users/new", users::details::create)
        .get("/admin/users/import", users::import::show)
        .get("/admin/users/bulk", users::bulk::show)
        .post("/admin/users/bulk", users::bulk::take)
        .post("/admin/users/restore", users::restore)
        .get("/admin/users/{id}", users::one::show)
        .get("/admin/users/{id}/edit", users::details::edit)
        .post("/admin/users/{id}/edit", users::details::change)
        .get("/admin/users/{id}/role", users::actions::show_role)
        .post("/admin/users/{id}/role", users::actions::change_role)
        .get("/admin/users/{id}/second_factor", users::actions::show_factor)
        .post("/admin/users/{id}/second_factor", users::actions::remove_factor)
        .post("/admin/users/{id}/letter", users::actions::letter)
        .post("/admin/users/{id}/verify", users::actions::verify)
        .post("/admin/users/{id}/log_out", users::actions::log_out)
        .get("/admin/export/{file}", pages::admin::export::show)
        .get("/admin/bin/{kind}/{id}", bin::show)
        .post("/admin/bin/{kind}/{id}", bin::delete)
        .post("/admin/bin/{kind}/{id}/restore", bin::restore)
}

/// What admins send with files: larger than other forms, and longer on its way.
fn admin_files() -> Group {
    Group::new("admin")
        .post("/admin/api/pictures", pages::files::take_picture)
        .post("/admin/newsletters/new", newsletters::create)
        .post("/admin/newsletters/{id}", newsletters::change)
        .post("/admin/pictures/new", pictures::take)
}

/// What was uploaded, for who may see what uses it; never limited, since a page has many pictures.
fn uploads() -> Group {
    Group::new("uploads").get("/files/{id}/{name}", pages::files::show)
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
    Group::new("reports").post(pages::reports::PATH, pages::reports::take)
}

/// What answers whoever asks: with every header, but without a look at the host, and in the clear too.
fn open() -> Group {
    Group::new("open").get("/healthz", pages::health::live).get("/readyz", pages::health::ready)
}

/// How long files may be on their way.
const SENDING: Duration = Duration::from_secs(300);

/// The site: what `main` serves and the tests call. Of several layers in parentheses a request passes the first one first. What is
/// around a whole router stands around it once, as one service: axum would put each on each route, with a box for each.
pub fn app(state: App) -> Router {
    let palisade = policy::palisade(&state.config);
    let limited = |group: Group| state.limits.gates(group.name()).fold(group, Group::layer);
    let open = Map::new().group(limited(open())).into_router().layer(palisade.open());
    let members = members().layer(SignedIn::<User>::gate(state.clone()));
    let submit = submit().layer(SignedIn::<User>::gate(state.clone()));
    let live = live().layer(SignedIn::<User>::gate(state.clone()));
    let admin = admin().layer(PageHeaders::new().private()).layer(SignedIn::<Admin>::gate(state.clone()));
    let large = BodyLimit::bytes(state.config.uploads.most_bytes).within(SENDING);
    let admin_files =
        admin_files().layer(PageHeaders::new().private()).layer(SignedIn::<Admin>::gate(state.clone()));
    let admin_files = admin_files.layer(large).layer(Deadline::new(SENDING));
    // Floods are refused before anybody reads what they send.
    let csrf = policy::csrf_tokens(&state);
    let visitors = [public(), search(), log_in(), sign_up(), forgotten(), links(), uploads()];
    let pages = visitors.into_iter().chain([submit, live, members, admin, admin_files]);
    let pages = pages.map(|group| limited(group.layer(csrf.clone()))).fold(Map::new(), Map::group);
    let members = from_extractor_with_state::<KnowsMembers, App>(state.clone());
    let pages = (state.sessions.clone(), members).layer(pages.into_router().with_state(state.clone()));
    let site = Map::new().group(limited(files())).group(limited(reports())).into_router();
    let site = site.fallback_service(pages).with_state(state.clone());
    let site = (palisade, Deadline::default(), BodyLimit::default()).layer(site);
    let likes = MapRequestLayer::new(pages::api::likes_what_it_sends);
    let log = AccessLog(state.traffic.clone());
    let around = (compress::pages(), log, likes, ErrorPages::new(pages::error::page));
    Router::new().fallback_service(around.layer(open.fallback_service(site).with_state(state)))
}
