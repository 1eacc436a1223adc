// An agent in JavaScript: comes online, accepts what is offered, answers, completes.
// Everything it knows of Maitred is in docs/agents.md. Run it against a gateway on this machine:
//
//   npm ci && node agent.js --agent ann --connection ../../maitred-data/agents/ann.json
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { jetstream } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";

const { values: options } = parseArgs({
  options: {
    agent: { type: "string" },
    tenant: { type: "string", default: "main" },
    connection: { type: "string" }, // the file with its login
    // Leave after so many completed conversations; 0 works until it is stopped.
    conversations: { type: "string", default: "0" },
  },
});
const me = options.agent;
if (!me) {
  console.error("agent.js: say who you are: --agent ID, as in [[routing.agents]]");
  process.exit(2);
}

const login = JSON.parse(readFileSync(options.connection ?? `maitred-data/agents/${me}.json`, "utf8"));
const connection = await connect({
  servers: login.url,
  user: login.user,
  pass: login.password,
  name: `agent-${me}`,
  // Who may only use inboxes of his own cannot read anybody else's answers.
  inboxPrefix: `_INBOX_${me}`,
  maxReconnectAttempts: -1,
});
const stream = jetstream(connection);

// A command is published with an id of its own, so saying it again counts once.
async function say(verb, body) {
  const subject = `maitred.v1.${options.tenant}.command.${me}.${verb}`;
  const data = JSON.stringify({ schema: "command", ...body });
  for (;;) {
    try {
      return await stream.publish(subject, data);
    } catch (error) {
      console.error(`agent.js: ${verb} was not heard yet (${error.name}), saying it again`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

const about = (event, verb) => ({
  id: `${verb}-${event.conversation}-${event.epoch}`,
  conversation: event.conversation,
  epoch: event.epoch,
});
const presence = (word) =>
  say("presence", { id: `presence-${word}-${process.pid}-${Date.now()}`, presence: word });

// That an answer is being written is shown to the customer for six seconds. It is no command: plain
// NATS, which nobody confirms and nothing rests on.
function showTyping({ conversation, epoch }) {
  const data = JSON.stringify({ schema: "signal", kind: "typing", conversation, epoch });
  connection.publish(`maitred.v1.${options.tenant}.signal.said.${me}`, data);
}

// Writes an answer while the customer sees that it is being written.
async function drafting(event, write) {
  showTyping(event);
  const again = setInterval(() => showTyping(event), 4000);
  try {
    return await write();
  } finally {
    clearInterval(again);
  }
}

let stopping = false;
let completed = 0;
const wanted = Number(options.conversations);
// An agent may fetch from its consumer and confirm what came, not look at it: so its name is given
// here, and `bind` keeps the client from asking after a reconnect.
const name = `agent-${me}`;
const consumer = stream.consumers.getConsumerFromInfo({ stream_name: "JOURNAL", name, config: {} });
const events = await consumer.consume({ max_messages: 10, bind: true });
const stop = () => {
  stopping = true;
  events.stop();
};
process.on("SIGTERM", stop);
process.on("SIGINT", stop);

// Whoever has work and is not heard of for half an hour is taken to have gone. Each command is a sign
// of life; this agent is never silent while it has work, so it needs no heartbeat beside them. One that
// waits long for a model or a person would say `presence("online")` every few minutes meanwhile.
await presence("online");
for await (const message of events) {
  const event = message.json();
  if (event.state === "offered") {
    await say("accept", about(event, "accept"));
    // Others may have a turn too (a mail system, a stranger): their words are not the customer's.
    const turn = event.brief.turns.findLast(({ speaker }) => speaker === "customer");
    const said = turn?.text ?? "";
    // A model would take its time here.
    const text = await drafting(event, async () => `Thank you for writing. You said: ${said.slice(0, 200)}`);
    // The answer rests on this conversation and nothing else, which any customer may hear. One that
    // draws on more says "history" and needs `may_read` of the newest event; one that tells of
    // something done in his name says "act" and needs the time to be before `act_until`.
    await say("reply", { ...about(event, "reply"), text, rests_on: "conversation" });
    await say("complete", { ...about(event, "complete"), reason: "answered" });
    completed += 1;
    console.log(JSON.stringify({ completed, conversation: event.conversation }));
  } else if (event.state === "refused") {
    console.error(`agent.js: ${event.command} was refused: ${event.reason}`);
  } else if (event.state === "undelivered") {
    console.error(`agent.js: ${event.reply} did not reach the customer: ${event.reason}`);
  }
  // Acknowledged when done: what is lost in between comes again.
  message.ack();
  if (stopping || (wanted && completed >= wanted)) break;
}
await presence("offline");
await connection.drain();
