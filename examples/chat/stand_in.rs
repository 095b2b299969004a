//! The example's own model: it talks like a large one, reasoning and tools included, and needs no network. Words in the
//! question choose what it does.

use std::{array, time::Duration};

use futures_util::{StreamExt as _, stream};
use outflow::ai::{
    ApprovalRequest, ApprovalResponse, ChatRequest, Part, Reasoning, Source, Step, Text, ToolCall, ToolInput,
    ToolResult, Usage,
};
use rand::Rng;
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::{
    markov::{Markov, tokens_of},
    model::{Parts, Trouble},
    tools::{self, OPEN_GATE, RIVER_LEVEL},
};

/// Time that it takes for a token.
const PACE: Duration = Duration::from_millis(45);

/// Time that a tool takes.
const WORK: Duration = Duration::from_millis(700);

/// Tokens after which a question that says `fail` has its answer break off.
const BREAKS_AFTER: usize = 24;

pub struct StandIn {
    markov: Markov,
}

impl StandIn {
    pub fn new() -> Self {
        Self { markov: Markov::new() }
    }

    /// The parts of an answer, at the pace of a model.
    pub fn answer(&self, request: &ChatRequest) -> Parts {
        let parts = stream::iter(self.parts(request, &mut rand::rng()));
        let paced = parts.then(|part| async {
            sleep(pace(&part)).await;
            part
        });
        paced.boxed()
    }

    fn parts(&self, request: &ChatRequest, random: &mut impl Rng) -> Vec<Result<Part, Trouble>> {
        let question = request.prompt();
        let says = |word| question.to_lowercase().contains(word);
        let approvals = request.approvals();
        let mut answer = Answer::default();
        if !approvals.is_empty() {
            approvals.into_iter().for_each(|approval| answer.settle(approval));
        } else if says("gate") {
            answer.reason("Opening a gate lets water out. I must not do that without asking.");
            let id = answer.call(OPEN_GATE, &json!({ "gate": "Mill weir", "centimetres": 40 }));
            answer.part(ApprovalRequest::new(id).reason("Water that has left can't be called back."));
        } else if says("level") {
            answer.reason("They ask for a level. The gauge knows it better than I do.");
            let id = answer.call(RIVER_LEVEL, &json!({ "river": "Old Mill Stream" }));
            answer.part(result(id, RIVER_LEVEL));
            answer.part(Step::new());
            answer.say("The gauge shows 2.4 metres, and the water is rising.");
            answer.part(Source::new("/corpus.txt").title("Thirty sentences about rivers"));
        } else {
            answer.reason("They ask about water. I know thirty sentences, and this is near one of them.");
            answer.texts(self.markov.answer(&question, random));
            answer.part(Source::new("/corpus.txt").title("Thirty sentences about rivers"));
            if says("fail") {
                return answer.breaking_off();
            }
        }
        answer.finish(&question)
    }
}

/// The result of a tool, as a packet.
fn result(id: String, tool: &str) -> ToolResult {
    match tools::run(tool) {
        Ok(output) => ToolResult::new(id, output),
        Err(why) => ToolResult::failed(id, why),
    }
}

/// The time before a part.
fn pace(part: &Result<Part, Trouble>) -> Duration {
    match part {
        Ok(Part::Text(_) | Part::Reasoning(_) | Part::ToolInput(_)) => PACE,
        Ok(Part::ToolResult(_)) => WORK,
        _ => Duration::ZERO,
    }
}

/// An answer in the making.
#[derive(Default)]
struct Answer {
    parts: Vec<Part>,
    tokens: u64,
    reasoning: u64,
}

impl Answer {
    fn part(&mut self, part: impl Into<Part>) {
        self.parts.push(part.into());
    }

    fn reason(&mut self, text: &str) {
        for token in tokens_of(text) {
            self.reasoning += 1;
            self.part(Reasoning::new(token));
        }
    }

    fn say(&mut self, text: &str) {
        self.texts(tokens_of(text));
    }

    fn texts(&mut self, tokens: Vec<String>) {
        for token in tokens {
            self.tokens += 1;
            self.part(Text::new(token));
        }
    }

    /// Calls a tool, whose input comes as a model writes it. Returns the call's id.
    fn call(&mut self, tool: &str, input: &Value) -> String {
        let letters: [char; 8] = array::from_fn(|_| rand::rng().sample(rand::distr::Alphanumeric).into());
        let id = format!("call-{}", String::from_iter(letters));
        self.part(ToolCall::new(&id, tool));
        for piece in input.to_string().split_inclusive(',') {
            self.part(ToolInput::new(&id, piece));
        }
        id
    }

    /// Goes on where the person has said yes or no.
    fn settle(&mut self, approval: ApprovalResponse) {
        let ApprovalResponse { id, tool, approved, .. } = approval;
        if approved {
            self.part(result(id, &tool));
            self.part(Step::new());
            self.say("Done: the gate stands open, and the water finds its own way from here.");
        } else {
            self.part(ToolResult::denied(id, "The person said no."));
            self.part(Step::new());
            self.say("Then the gate stays shut. Water is good at waiting.");
        }
    }

    fn finish(mut self, question: &str) -> Vec<Result<Part, Trouble>> {
        let asked = question.split_whitespace().count() as u64;
        let usage = Usage::new(asked, self.tokens + self.reasoning).reasoning(self.reasoning);
        self.part(usage);
        self.parts.into_iter().map(Ok).collect()
    }

    fn breaking_off(self) -> Vec<Result<Part, Trouble>> {
        let why = "the question says “fail”.";
        let parts = self.parts.into_iter().take(BREAKS_AFTER).map(Ok);
        parts.chain([Err(Trouble::BrokeOff(why.to_owned()))]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use outflow::ai::UiMessages;

    fn parts(messages: Value) -> Vec<Result<Part, Trouble>> {
        let request: UiMessages = serde_json::from_value(json!({ "messages": messages })).unwrap();
        StandIn::new().parts(&ChatRequest::AiSdk(request), &mut rand::rng())
    }

    fn asked(question: &str) -> Value {
        json!({ "id": "1", "role": "user", "parts": [{ "type": "text", "text": question }] })
    }

    /// The marks of the parts, without repetition.
    fn marks(parts: &[Result<Part, Trouble>]) -> Vec<String> {
        let mark = |part: &Result<Part, Trouble>| match part {
            Ok(part) => serde_json::to_value(part).unwrap()["ai"].as_str().unwrap().to_owned(),
            Err(_) => "trouble".to_owned(),
        };
        let mut marks: Vec<_> = parts.iter().map(mark).collect();
        marks.dedup();
        marks
    }

    #[test]
    fn words_in_the_question_choose_what_happens() {
        for (question, expected) in [
            ("And the ducks?", "reasoning text source usage"),
            ("What is the LEVEL?", "reasoning tool-call tool-input tool-result step text source usage"),
            ("Open the gate!", "reasoning tool-call tool-input approval-request usage"),
            ("Please fail.", "reasoning text trouble"),
        ] {
            assert_eq!(marks(&parts(json!([asked(question)]))).join(" "), expected, "{question}");
        }
    }

    #[test]
    fn an_approval_lets_the_tool_run_and_a_refusal_does_not() {
        for approved in [true, false] {
            let call = json!({
                "type": "tool-open_gate", "toolCallId": "a", "state": "approval-responded",
                "input": { "gate": "Mill weir" }, "approval": { "id": "a", "approved": approved },
            });
            let message = json!({ "id": "2", "role": "assistant", "parts": [call] });
            let parts = parts(json!([asked("Open the gate!"), message]));
            let Ok(Part::ToolResult(result)) = &parts[0] else { panic!("{:?}", parts[0]) };
            assert_eq!((result.denied, result.output["state"] == "open"), (!approved, approved));
            assert_eq!(marks(&parts), ["tool-result", "step", "text", "usage"]);
        }
    }
}
