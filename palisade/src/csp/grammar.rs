//! The grammar of host sources and scheme sources (CSP3 §2.3.1).

/// Returns `true` for a scheme with its colon, such as `data:`.
pub(super) fn is_scheme(text: &str) -> bool {
    let Some(name) = text.strip_suffix(':') else { return false };
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

/// Returns `true` for a host with optional scheme, port and path.
pub(super) fn is_host(text: &str) -> bool {
    let (scheme, rest) = text.split_once("://").map_or((None, text), |(scheme, rest)| (Some(scheme), rest));
    if scheme.is_some_and(|scheme| !is_scheme(&format!("{scheme}:"))) {
        return false;
    }
    let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    let (host, port) = authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port)));
    let is_label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    let name = host.strip_prefix("*.").unwrap_or(host);
    let host_is_valid =
        (host == "*" && (scheme.is_some() || port.is_some())) || name.split('.').all(is_label);
    let port_is_valid =
        port.is_none_or(|port| port == "*" || port.parse::<u16>().is_ok_and(|port| port != 0));
    let path_is_valid =
        path.bytes().all(|byte| byte.is_ascii_graphic() && !b";,?#'\"<>\\^`{|}".contains(&byte));
    host_is_valid && port_is_valid && path_is_valid
}
