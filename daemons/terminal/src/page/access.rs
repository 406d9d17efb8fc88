// SPDX-License-Identifier: MIT OR Apache-2.0
//! Who comes, whether that may be, and from where.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Form;
use axum::body::{self, Body};
use axum::extract::{FromRequest, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use maud::html;
use serde::Deserialize;

use super::language::Language;
use super::live::Scripted;
use super::{Failed, RENEWED, first, frame, log_in, password};
use crate::Shared;
use crate::console::{Role, Token, Visitor};

/// The cookie of a log-in.
pub(super) const COOKIE: &str = "uketsuke_session";
/// The cookie of a browser from which somebody has logged in.
pub(super) const BROWSER: &str = "uketsuke_browser";
/// Bytes of a form at most.
pub(super) const FORM: usize = 16 * 1024;

/// What a page may load and do.
const PLAIN: &str = "default-src 'none'; style-src 'self'; form-action 'self'; \
                     base-uri 'none'; frame-ancestors 'none'";
/// The same for the one that has a script of ours.
const SCRIPTED: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; \
                        form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Who may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    /// Who is not logged in, too.
    Anyone,
    /// Who is logged in, with an initial password too.
    Beginner,
    /// Who is logged in with a password of his own.
    General,
    /// An administrator who is.
    Administrator,
}

/// What becomes of who comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Enters,
    LogsInFirst,
    ChoosesPasswordFirst,
    MayNot,
}

impl Who {
    fn judge(self, visitor: Option<(Role, bool)>) -> Verdict {
        match (self, visitor) {
            (Self::Anyone, _) | (Self::Beginner, Some(_)) => Verdict::Enters,
            (_, None) => Verdict::LogsInFirst,
            (_, Some((_, true))) => Verdict::ChoosesPasswordFirst,
            (Self::General, Some(_)) | (_, Some((Role::Administrator, _))) => Verdict::Enters,
            (Self::Administrator, Some((Role::General, _))) => Verdict::MayNot,
        }
    }
}

/// Somebody at a page.
#[derive(Clone)]
pub(super) struct Visit {
    /// What he reads.
    pub language: Language,
    /// Who it is; none: not logged in.
    pub visitor: Option<Visitor>,
    /// The page he is on, for the switch of languages.
    pub back: String,
}

impl Visit {
    /// Whoever it is.
    pub(super) fn nobody(language: Language) -> Self {
        Self {
            language,
            visitor: None,
            back: "/".into(),
        }
    }

    /// The account; empty where nobody is logged in, which no page that asks for it lets in.
    pub(super) fn account(&self) -> &str {
        self.visitor.as_ref().map_or("", |visitor| &visitor.account)
    }

    /// Whether who is here may see a page that is for `who`.
    pub(super) fn may(&self, who: Who) -> bool {
        let visitor = self.visitor.as_ref().map(|v| (v.role, v.initial));
        who.judge(visitor) == Verdict::Enters
    }
}

/// Lets in who may, for one route.
pub(super) async fn admit(
    State((shared, who)): State<(Arc<Shared>, Who)>,
    request: Request,
    next: Next,
) -> Response {
    match judged(&shared, who, request).await {
        Ok(request) => next.run(request).await,
        Err(answer) => answer,
    }
}

async fn judged(shared: &Shared, who: Who, request: Request) -> Result<Request, Response> {
    let headers = request.headers();
    let mut visit = Visit::nobody(Language::of(headers));
    let changes = !request.method().is_safe();
    visit.back = back(&request);
    // A page that its script asks for again is no sign of somebody before it.
    let used = request.uri().query() != Some(RENEWED);
    if let Some(token) = cookie(headers, COOKIE).and_then(Token::parse) {
        let visitor = shared.visitor(token, used).await;
        visit.visitor = visitor.map_err(|error| Failed::from(error).into_response())?;
    }
    if changes && !is_ours(headers) {
        return Err(refused(&visit));
    }
    let visitor = visit.visitor.as_ref();
    match who.judge(visitor.map(|v| (v.role, v.initial))) {
        Verdict::Enters => {}
        Verdict::LogsInFirst => return Err(to_log_in(shared, headers).await),
        Verdict::ChoosesPasswordFirst => return Err(Redirect::to(password::PATH).into_response()),
        Verdict::MayNot => return Err(may_not(&visit)),
    }
    let mut request = match visitor {
        Some(visitor) if changes && who != Who::Anyone => sealed(request, &visitor.token)
            .await
            .ok_or_else(|| refused(&visit))?,
        _ => request,
    };
    request.extensions_mut().insert(visit);
    Ok(request)
}

/// Whether a form comes from a page of this origin. `Sec-Fetch-Site` is set by every browser on what it
/// sends to this machine, and no page can set it or leave it out.
fn is_ours(headers: &HeaderMap) -> bool {
    let site = headers.get("sec-fetch-site");
    site.is_some_and(|site| site == "same-origin")
}

#[derive(Deserialize)]
struct Sealed {
    seal: String,
}

/// The request again where its form carries the seal of this very log-in.
async fn sealed(request: Request, token: &Token) -> Option<Request> {
    let (parts, body) = request.into_parts();
    let bytes = body::to_bytes(body, FORM).await.ok()?;
    let copy = Request::from_parts(parts.clone(), Body::from(bytes.clone()));
    let form = Form::<Sealed>::from_request(copy, &()).await.ok()?;
    let good = token.is_seal(&form.0.seal);
    good.then(|| Request::from_parts(parts, Body::from(bytes)))
}

/// The page that a language is chosen for: this one, or where this form was shown.
fn back(request: &Request) -> String {
    let uri = request.uri();
    if request.method().is_safe() {
        return uri
            .path_and_query()
            .map_or("/", |whole| whole.as_str())
            .to_owned();
    }
    let first = uri.path().split('/').nth(1).unwrap_or_default();
    format!("/{first}")
}

async fn to_log_in(shared: &Shared, headers: &HeaderMap) -> Response {
    match shared.store.has_accounts().await {
        Ok(false) => Redirect::to(first::PATH).into_response(),
        Ok(true) if cookie(headers, COOKIE).is_some() => Redirect::to(log_in::OVER).into_response(),
        Ok(true) => Redirect::to(log_in::PATH).into_response(),
        Err(error) => Failed::from(error).into_response(),
    }
}

fn refused(visit: &Visit) -> Response {
    let l = visit.language;
    let body = html! {
        p.down role="alert" {
            (l.say(
                "この操作は、この端末の画面からだけ行えます。何も変更していません。",
                "This can be done from this terminal's own pages only. Nothing was changed.",
            ))
        }
        a.button href=(visit.back) { (l.say("戻る", "Back")) }
    };
    let title = l.say("受け付けられませんでした", "Refused");
    (StatusCode::FORBIDDEN, frame(visit, title, &body)).into_response()
}

fn may_not(visit: &Visit) -> Response {
    let l = visit.language;
    let body = html! {
        p role="alert" {
            (l.say(
                "管理アカウントだけが使える画面です。",
                "This page is for administrator accounts.",
            ))
        }
        a.button href="/" { (l.say("メニュー 戻る", "Back to the menu")) }
    };
    let title = l.say("権限がありません", "Not allowed");
    (StatusCode::FORBIDDEN, frame(visit, title, &body)).into_response()
}

/// What a browser sends under this name.
pub(super) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let all = headers.get_all(header::COOKIE).into_iter();
    let texts = all.filter_map(|value| value.to_str().ok());
    texts
        .flat_map(|text| text.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(found, value)| (found == name).then_some(value))
}

/// Answers only under a loopback name, so that no web site can read a page through a name of its own
/// that points here; and lets nothing be kept, framed, or run.
pub(super) async fn guard(request: Request, next: Next) -> Response {
    let host = request
        .headers()
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    if !host.is_some_and(is_loopback) {
        return StatusCode::MISDIRECTED_REQUEST.into_response();
    }
    let mut response = next.run(request).await;
    let scripted = response.extensions().get::<Scripted>().is_some();
    let policy = if scripted { SCRIPTED } else { PLAIN };
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (
            header::HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (
            header::HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
    ] {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}

fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    let address = name.trim_start_matches('[').trim_end_matches(']');
    name == "localhost" || address.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_names_are_answered() {
        for host in [
            "localhost",
            "localhost:8480",
            "127.0.0.1:8480",
            "[::1]:8480",
            "127.0.0.1",
        ] {
            assert!(is_loopback(host), "{host}");
        }
        for host in [
            "",
            "example.com:8480",
            "localhost.example.com",
            "192.0.2.1:8480",
            "[2001:db8::1]:1",
        ] {
            assert!(!is_loopback(host), "{host}");
        }
    }

    #[test]
    fn who_may_is_a_matter_of_role_and_of_a_password_of_ones_own() {
        use Verdict::{ChoosesPasswordFirst, Enters, LogsInFirst, MayNot};
        let comers = [
            None,
            Some((Role::General, true)),
            Some((Role::Administrator, true)),
            Some((Role::General, false)),
            Some((Role::Administrator, false)),
        ];
        let (choose, log_in) = (ChoosesPasswordFirst, LogsInFirst);
        for (who, verdicts) in [
            (Who::Anyone, [Enters, Enters, Enters, Enters, Enters]),
            (Who::Beginner, [log_in, Enters, Enters, Enters, Enters]),
            (Who::General, [log_in, choose, choose, Enters, Enters]),
            (Who::Administrator, [log_in, choose, choose, MayNot, Enters]),
        ] {
            assert_eq!(comers.map(|comer| who.judge(comer)), verdicts, "{who:?}");
        }
    }

    #[test]
    fn a_cookie_is_found_among_others_by_its_whole_name() {
        let mut headers = HeaderMap::new();
        let text = HeaderValue::from_static("xa=1; a=2;b=3");
        headers.append(header::COOKIE, text);
        headers.append(header::COOKIE, HeaderValue::from_static("c=4=5"));
        for (name, value) in [("a", "2"), ("b", "3"), ("c", "4=5"), ("xa", "1")] {
            assert_eq!(cookie(&headers, name), Some(value));
        }
        assert_eq!(cookie(&headers, "x"), None);
    }
}
