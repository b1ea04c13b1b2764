//! Times in the reader's zone: in words while they are recent, as a date afterwards.

use std::time::Duration;

use leptos::{
    prelude::set_interval,
    wasm_bindgen::JsValue,
    web_sys::js_sys::{Date, Object, Reflect},
};

use super::room::Room;

const MINUTE: f64 = 60.0;
const HOUR: f64 = 60.0 * MINUTE;
const DAY: f64 = 24.0 * HOUR;

/// How long a post may be on its way before it counts as waiting.
const ON_ITS_WAY: f64 = 5.0;

/// Sets the clock, and again every half minute; its beat every other second.
pub(super) fn start(room: &Room) {
    room.now.set(Some(Date::now()));
    room.beat.set(Some(Date::now()));
    let (slow, fast) = (room.clone(), room.clone());
    // Without them times go stale, no more.
    let _ = set_interval(move || slow.now.set(Some(Date::now())), Duration::from_secs(30));
    let _ = set_interval(move || fast.beat.set(Some(Date::now())), Duration::from_secs(2));
}

/// Whether what was written at `created` (RFC 3339) can still be on its way at `now`, in milliseconds.
pub(super) fn is_fresh(created: &str, now: f64) -> bool {
    (now - Date::parse(created)) / 1000.0 < ON_ITS_WAY
}

/// `created` is RFC 3339; `now` is in milliseconds.
pub(super) fn in_words(created: &str, now: f64) -> String {
    match words((now - Date::parse(created)) / 1000.0) {
        Some(words) => words,
        None => exact(created),
    }
}

/// None when it is more than a week ago, or not a time.
fn words(seconds: f64) -> Option<String> {
    let ago = |count: f64, one: &str, many: &str| {
        // Non-negative and below ten thousand by the arms below.
        let count = count as u32;
        Some(format!("{count} {} ago", if count == 1 { one } else { many }))
    };
    match seconds {
        // Another machine's clock may run a little ahead of this one's.
        s if (-5.0 * MINUTE..45.0).contains(&s) => Some("just now".to_owned()),
        s if (45.0..HOUR).contains(&s) => ago((s / MINUTE).max(1.0), "minute", "minutes"),
        s if (HOUR..DAY).contains(&s) => ago(s / HOUR, "hour", "hours"),
        s if (DAY..7.0 * DAY).contains(&s) => ago(s / DAY, "day", "days"),
        _ => None,
    }
}

/// "20 Nov 2026, 13:00 CET", in the reader's zone.
pub(super) fn exact(created: &str) -> String {
    let options = Object::new();
    for (name, value) in [
        ("day", "numeric"),
        ("month", "short"),
        ("year", "numeric"),
        ("hour", "2-digit"),
        ("minute", "2-digit"),
        ("timeZoneName", "short"),
    ] {
        // Fails on a frozen object only, and this one is ours.
        let _ = Reflect::set(&options, &JsValue::from_str(name), &JsValue::from_str(value));
    }
    Date::new(&JsValue::from_str(created)).to_locale_string("en-GB", &options).into()
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn recent_times_are_words_and_old_ones_are_dates() {
        for (seconds, expected) in [
            (-3.0, Some("just now")),
            (44.0, Some("just now")),
            (50.0, Some("1 minute ago")),
            (125.0, Some("2 minutes ago")),
            (3_600.0, Some("1 hour ago")),
            (90_000.0, Some("1 day ago")),
            (518_400.0, Some("6 days ago")),
            (700_000.0, None),
            (-4_000.0, None),
            (f64::NAN, None),
        ] {
            assert_eq!(words(seconds).as_deref(), expected, "{seconds}");
        }
    }
}
