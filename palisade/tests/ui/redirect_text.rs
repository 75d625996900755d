use palisade::Redirect;

fn account(id: u64) -> [Redirect; 2] {
    [Redirect::to("/account"), Redirect::to(format!("/notes/{id}"))]
}
