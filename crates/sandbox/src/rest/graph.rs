//! Several composites in one call: each graph is done wholly or not at all, whatever becomes of the others.

use serde_json::{Map, Value, json};

use super::{
    Call, Caller, Reply,
    composite::{Subrequest, run},
};
use crate::{error::ApiError, records::Transaction};

const MOST_GRAPHS: usize = 75;
const MOST_NODES: usize = 500;

pub(super) fn graph(caller: &Caller, transaction: &mut Transaction<'_>, call: &Call) -> Result<Reply, ApiError> {
    let graphs = call
        .object()?
        .get("graphs")
        .and_then(Value::as_array)
        .ok_or_else(|| ApiError::json("Missing required field graphs"))?;
    let limit = |message: String| Err(ApiError::bad("LIMIT_EXCEEDED", message));
    if graphs.len() > MOST_GRAPHS {
        return limit(format!("Limit of {MOST_GRAPHS} reached for number of graphs in a composite graph request"));
    }
    let mut read: Vec<(&str, Vec<Subrequest<'_>>)> = Vec::with_capacity(graphs.len());
    let mut nodes = 0;
    for graph in graphs {
        let id = graph
            .get("graphId")
            .and_then(Value::as_str)
            .ok_or_else(|| ApiError::json("Missing required field graphId in a graph"))?;
        if read.iter().any(|(earlier, _)| *earlier == id) {
            return Err(ApiError::json(format!("Duplicate graphId provided: {id}")));
        }
        let requests = graph
            .get("compositeRequest")
            .and_then(Value::as_array)
            .ok_or_else(|| ApiError::json("Missing required field compositeRequest in a graph"))?;
        nodes += requests.len();
        if nodes > MOST_NODES {
            return limit(format!("Limit of {MOST_NODES} reached for number of nodes in a composite graph request"));
        }
        read.push((id, requests.iter().map(Subrequest::read).collect::<Result<_, _>>()?));
    }
    let results: Vec<Value> = read
        .iter()
        .map(|(id, requests)| {
            let (responses, failed) = run(caller, transaction, requests, true);
            let mut result = Map::new();
            result.insert("graphId".into(), (*id).into());
            result.insert("graphResponse".into(), json!({ "compositeResponse": responses }));
            result.insert("isSuccessful".into(), (!failed).into());
            Value::Object(result)
        })
        .collect();
    Ok(Reply::ok(json!({ "graphs": results })))
}
