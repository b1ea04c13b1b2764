//! What is left of each allowance.

use serde_json::json;

use super::{Caller, Reply};

pub(super) fn limits(caller: &Caller) -> Reply {
    let budget = &caller.org.budget;
    let (limits, now) = (budget.limits(), caller.org.now());
    let untouched = |max: u64| json!({ "Max": max, "Remaining": max });
    Reply::ok(json!({
        "DailyApiRequests": { "Max": limits.daily, "Remaining": budget.remaining() },
        "DailyBulkApiBatches": untouched(15_000),
        "DailyBulkV2QueryJobs": untouched(10_000),
        "DailyAsyncApexExecutions": untouched(250_000),
        "ConcurrentAsyncGetReportInstances": untouched(200),
        "DataStorageMB": untouched(1_024),
        "FileStorageMB": untouched(1_024),
        "DailyDeliveredPlatformEvents": { "Max": limits.delivered_events, "Remaining": budget.deliveries_left(now) },
        "HourlyPublishedPlatformEvents": { "Max": limits.published_events, "Remaining": budget.publishable(now) },
        "MonthlyPlatformEventsUsageEntitlement": untouched(0),
        "SingleEmail": untouched(15),
    }))
}
