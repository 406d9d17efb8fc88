// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every route of the console, and who may. `tests/access.txt` is what comes of it.

use std::sync::Arc;

use axum::routing::{self, MethodRouter};

use super::access::Who::{self, Administrator, Anyone, Beginner, General};
use super::{
    accounts, doings, first, history, language, live, log_in, menu, passcodes, password, profile,
    readers, state, statistics,
};
use crate::Shared;

/// A route.
pub(super) struct Route {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// Its path.
    pub path: &'static str,
    /// Who may.
    pub who: Who,
    /// What answers.
    pub handler: fn() -> MethodRouter<Arc<Shared>>,
}

type Handler = fn() -> MethodRouter<Arc<Shared>>;

const fn get(path: &'static str, who: Who, handler: Handler) -> Route {
    let method = "GET";
    Route {
        method,
        path,
        who,
        handler,
    }
}

const fn post(path: &'static str, who: Who, handler: Handler) -> Route {
    let method = "POST";
    Route {
        method,
        path,
        who,
        handler,
    }
}

/// The table.
pub(super) const TABLE: &[Route] = &[
    get(super::STYLE, Anyone, || routing::get(super::style)),
    post(language::PATH, Anyone, || routing::post(language::choose)),
    get(first::PATH, Anyone, || routing::get(first::show)),
    post(first::PATH, Anyone, || routing::post(first::make)),
    get(log_in::PATH, Anyone, || routing::get(log_in::show)),
    post(log_in::PATH, Anyone, || routing::post(log_in::enter)),
    post(log_in::OUT, Beginner, || routing::post(log_in::leave)),
    get(password::PATH, Beginner, || routing::get(password::show)),
    post(password::PATH, Beginner, || routing::post(password::change)),
    get(menu::PATH, General, || routing::get(menu::show)),
    get(state::PATH, General, || routing::get(state::show)),
    get(history::PATH, General, || routing::get(history::show)),
    get(statistics::PATH, General, || routing::get(statistics::show)),
    get(statistics::CSV, General, || routing::get(statistics::save)),
    get(readers::PATH, General, || routing::get(readers::show)),
    get(live::SCRIPT, Anyone, || routing::get(live::script)),
    get(live::PATH, General, || routing::get(live::tell)),
    // A page that is opened again where a form was sent shows how things stand.
    get(readers::MODE, General, || routing::get(readers::show)),
    post(readers::MODE, General, || routing::post(readers::choose)),
    get(readers::VOUCH, General, || routing::get(readers::show)),
    post(readers::VOUCH, General, || routing::post(readers::vouch)),
    get(passcodes::PATH, Administrator, || {
        routing::get(passcodes::show)
    }),
    post(passcodes::CONFIRM, Administrator, || {
        routing::post(passcodes::confirm)
    }),
    post(passcodes::DONE, Administrator, || {
        routing::post(passcodes::done)
    }),
    get(profile::PATH, Administrator, || routing::get(profile::show)),
    post(profile::PATH, Administrator, || {
        routing::post(profile::change)
    }),
    get(accounts::PATH, Administrator, || {
        routing::get(accounts::show)
    }),
    get(accounts::ONE, Administrator, || routing::get(accounts::one)),
    post(accounts::REGISTER, Administrator, || {
        routing::post(accounts::register)
    }),
    post(accounts::ROLE, Administrator, || {
        routing::post(accounts::role)
    }),
    post(accounts::ENABLED, Administrator, || {
        routing::post(accounts::enabled)
    }),
    post(accounts::INITIAL, Administrator, || {
        routing::post(accounts::initial)
    }),
    post(accounts::UNLOCK, Administrator, || {
        routing::post(accounts::unlock)
    }),
    get(doings::PATH, Administrator, || routing::get(doings::show)),
];

/// Who may see the page with this path; none where there is none.
pub(super) fn shown(path: &str) -> Option<Who> {
    let mut all = TABLE.iter();
    all.find(|route| route.method == "GET" && route.path == path)
        .map(|route| route.who)
}

/// Method and path of every route, for who tests that each asks who comes.
pub fn routes() -> impl Iterator<Item = (&'static str, &'static str)> {
    TABLE.iter().map(|route| (route.method, route.path))
}
