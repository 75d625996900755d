//! Browser reports in the database.

use mathsoc::db::admin_log::{self, Actor};
use mathsoc::db::retention::delete_expired;
use mathsoc::db::{Db, reports};
use palisade::reporting::{Disposition, ReportGroup, ReportKind};

use super::{Check, another_process, at};

pub(super) static CHECKS: &[Check] = checks![
    concurrent_reports_of_one_group_are_all_counted,
    groups_differ_by_every_field,
    a_report_group_is_read_as_written,
    beyond_a_thousand_groups_only_hours_count,
    a_deleted_group_starts_again,
    deleting_all_groups_keeps_the_hours,
    reports_are_deleted_after_a_month,
];

fn group(page: &str, count: u64, at: i64) -> ReportGroup {
    let mut group = ReportGroup::new(ReportKind::Csp, "img-src", "https://cdn.example", page);
    let micros = u64::try_from(at).unwrap() * 1_000_000;
    (group.count, group.first_seen, group.last_seen) = (count, micros, micros);
    group
}

fn now() -> i64 {
    at(0).parse().unwrap()
}

async fn groups(db: &Db) -> Vec<ReportGroup> {
    reports::most(db).await.unwrap().into_iter().map(|row| row.group).collect()
}

async fn reported(db: &Db) -> Vec<(i64, i64, i64)> {
    let hours = reports::hours(db, 0).await.unwrap();
    hours.iter().map(|hour| (hour.since, hour.stopped, hour.reported)).collect()
}

async fn concurrent_reports_of_one_group_are_all_counted(db: Db) {
    let other = another_process(&db).await;
    let tasks: Vec<_> = (0..40)
        .map(|task| {
            let db = if task % 2 == 0 { db.clone() } else { other.clone() };
            // Every task adds to one common group, and to a group of three tasks.
            let mine = [group("/", 2, 7_200 + task), group(&format!("/{}", task / 3), 1, 7_200)];
            tokio::spawn(async move { reports::add(&db, &mine).await })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    other.close().await;
    let groups = groups(&db).await;
    assert_eq!((groups.len(), &*groups[0].page, groups[0].count), (15, "/", 80));
    assert_eq!((groups[0].first_seen, groups[0].last_seen), (7_200_000_000, 7_239_000_000));
    assert_eq!(groups.iter().map(|group| group.count).sum::<u64>(), 120);
    assert_eq!(reported(&db).await, [(7_200, 120, 120)]);
}

async fn groups_differ_by_every_field(db: Db) {
    let one = group("/about", 1, 7_200);
    let mut tried = one.clone();
    tried.disposition = Disposition::Reported;
    let others = [
        ReportGroup::new(ReportKind::Deprecation, "img-src", "https://cdn.example", "/about"),
        ReportGroup::new(ReportKind::Csp, "font-src", "https://cdn.example", "/about"),
        ReportGroup::new(ReportKind::Csp, "img-src", "data:", "/about"),
        ReportGroup::new(ReportKind::Csp, "img-src", "https://cdn.example", "/"),
    ];
    let mut all = vec![one, tried];
    all.extend(others.into_iter().map(|mut group| {
        (group.count, group.first_seen, group.last_seen) = (1, 7_200_000_000, 7_200_000_000);
        group
    }));
    reports::add(&db, &all).await.unwrap();
    reports::add(&db, &all).await.unwrap();
    let stored = groups(&db).await;
    assert!(stored.len() == 6 && stored.iter().all(|group| group.count == 2), "{stored:?}");
    assert_eq!(reported(&db).await, [(7_200, 10, 12)], "two reports are of a report-only policy");
}

async fn a_report_group_is_read_as_written(db: Db) {
    let mut first = group("/ä/…", 3, 7_200);
    first.location = Some("/static/site.js, line 3".to_owned());
    reports::add(&db, std::slice::from_ref(&first)).await.unwrap();
    assert_eq!(groups(&db).await, [first.clone()]);
    // A later report without a place keeps the known place, whichever process writes first.
    reports::add(&db, &[group("/ä/…", 1, 3_600)]).await.unwrap();
    (first.count, first.first_seen) = (4, 3_600_000_000);
    assert_eq!(groups(&db).await, [first]);
}

async fn beyond_a_thousand_groups_only_hours_count(db: Db) {
    let many: Vec<_> = (0..1_001).map(|page| group(&format!("/{page}"), 1, 7_200)).collect();
    reports::add(&db, &many).await.unwrap();
    reports::add(&db, &[group("/999", 4, 10_800), group("/new", 9, 10_800)]).await.unwrap();
    let stored = groups(&db).await;
    assert_eq!(
        (stored.len(), &*stored[0].page, stored[0].count),
        (100, "/999", 5),
        "/new is beyond the limit"
    );
    assert_eq!(reported(&db).await, [(7_200, 1_001, 1_001), (10_800, 13, 13)]);
}

async fn a_deleted_group_starts_again(db: Db) {
    let by = Actor::command_line();
    reports::add(&db, &[group("/about", 7, 7_200), group("/", 1, 7_200)]).await.unwrap();
    let id = reports::most(&db).await.unwrap()[0].id;
    let forget = |db: Db, by: Actor| async move { reports::forget(&db, &by, id).await.unwrap() };
    let (one, other) =
        tokio::join!(tokio::spawn(forget(db.clone(), by.clone())), tokio::spawn(forget(db.clone(), by)));
    assert!(one.unwrap() != other.unwrap(), "exactly one of both deleted it");
    let log = admin_log::page(&db, None, 1).await.unwrap().items;
    let [line] = &log[..] else { panic!("{log:?}") };
    assert_eq!((&*line.action, &*line.kind, line.subject_id), ("forgot", "report", Some(id)));
    assert_eq!(line.subject, "Browsers stopped an image from https://cdn.example on the page /about.");
    assert_eq!(line.detail, "7 reports");
    reports::add(&db, &[group("/about", 2, 10_800)]).await.unwrap();
    let stored = groups(&db).await;
    assert_eq!((stored.len(), stored[0].count, stored[0].first_seen), (2, 2, 10_800_000_000));
}

async fn deleting_all_groups_keeps_the_hours(db: Db) {
    let by = Actor::command_line();
    assert_eq!(reports::forget_all(&db, &by).await.unwrap(), 0);
    assert_eq!(admin_log::page(&db, None, 1).await.unwrap().total, 0, "nothing was deleted or logged");
    reports::add(&db, &[group("/about", 7, 7_200), group("/", 1, 7_200)]).await.unwrap();
    assert_eq!(reports::forget_all(&db, &by).await.unwrap(), 2);
    assert!(groups(&db).await.is_empty());
    assert_eq!(reported(&db).await, [(7_200, 8, 8)]);
    let log = admin_log::page(&db, None, 1).await.unwrap().items;
    assert_eq!((&*log[0].kind, &*log[0].subject, &*log[0].detail), ("reports", "all of them", "2 groups"));
}

async fn reports_are_deleted_after_a_month(db: Db) {
    let day = 24 * 60 * 60;
    let (old, young) = (now() - 32 * day, now() - 30 * day);
    reports::add(&db, &[group("/old", 1, old), group("/young", 1, young)]).await.unwrap();
    delete_expired(&db).await.unwrap();
    let stored = groups(&db).await;
    assert_eq!((stored.len(), &*stored[0].page), (1, "/young"));
    assert_eq!(reported(&db).await, [(young / 3600 * 3600, 1, 1)]);
}
