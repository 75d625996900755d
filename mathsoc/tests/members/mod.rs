//! Members and admins through the whole site, and attacks on them.

/// Runs a story, a function of the settings, on both databases.
macro_rules! on_both_databases {
    ($story:ident, $sqlite:ident, $postgresql:ident) => {
        #[tokio::test]
        async fn $sqlite() {
            $story(&[]).await;
        }

        #[tokio::test]
        async fn $postgresql() {
            let server = test_support::postgres::Postgres::start();
            let url = server.database().await;
            $story(&[("DATABASE_URL", &url)]).await;
        }
    };
}

mod admin;
mod admin_articles;
mod admin_awards;
mod admin_challenges;
mod admin_competitions;
mod admin_newsletters;
mod attacks;
mod crowd;
mod factor;
mod forged;
mod forms;
mod lesson;
mod limits;
mod marking;
mod membership;
mod odd_texts;
mod one_account;
mod own;
mod people;
mod people_import;
mod reports;
mod same;
mod setup;
mod stolen;
mod unsent;
mod unsent_forms;
mod uploads;
