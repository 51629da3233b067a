import { Fragment } from 'preact';
import { useState } from 'preact/hooks';
import type { MessageRow, QueueRow, RuleRow } from '../protocol';
import { clock } from './format';
import { Figure } from './purges';
import { call } from './server';
import { useLive } from './store';

/** View of queues, dead letters, the outbox, and the rules of buses. */
export function Queues() {
  const { pipes, ledger } = useLive();
  if (!pipes) return <p class="empty">Reading the queues ...</p>;
  const dead = pipes.queues.filter(({ isDeadLetters }) => isDeadLetters);
  const working = pipes.queues.filter(({ isDeadLetters }) => !isDeadLetters);
  const lost = dead.reduce((sum, { visible, inFlight, delayed }) => sum + visible + inFlight + delayed, 0);
  const depth = working.reduce((sum, { visible }) => sum + visible, 0);
  return (
    <>
      <section aria-labelledby="queues-title">
        <h2 id="queues-title">Queues</h2>
        <dl class="figures">
          <Figure name="Waiting in queues" value={String(depth)} />
          <Figure
            name="Dead letters"
            value={String(lost)}
            bad={lost > 0}
            note={lost > 0 ? 'somebody has to look at them' : undefined}
          />
          <Figure name="Outbox waiting" value={ledger ? String(ledger.outbox.waiting) : '–'} />
          <Figure
            name="Outbox parked"
            value={ledger ? String(ledger.outbox.parked) : '–'}
            bad={(ledger?.outbox.parked ?? 0) > 0}
          />
        </dl>
        <QueueTable queues={working} caption="Queues with a consumer or a sender" />
      </section>
      <section aria-labelledby="dead-title">
        <h2 id="dead-title">Dead letters</h2>
        {dead.length === 0 ? (
          <p class="empty">Nothing of this template gives up to a queue.</p>
        ) : (
          <QueueTable queues={dead} caption="Queues of dead letters" />
        )}
      </section>
      <section aria-labelledby="rules-title">
        <h2 id="rules-title">
          Rules <small>events since the start</small>
        </h2>
        <RuleTable rules={pipes.rules} />
      </section>
    </>
  );
}

function QueueTable({ queues, caption }: { readonly queues: readonly QueueRow[]; readonly caption: string }) {
  const [open, setOpen] = useState<string>();
  const [messages, setMessages] = useState<readonly MessageRow[]>([]);
  const toggle = async (name: string) => {
    if (name === open) {
      setOpen(undefined);
      return;
    }
    setMessages(await call<readonly MessageRow[]>('GET', `/api/messages?queue=${encodeURIComponent(name)}`));
    setOpen(name);
  };
  return (
    <table>
      <caption class="unseen">{caption}</caption>
      <thead>
        <tr>
          <th scope="col">Queue</th>
          <th scope="col" class="number">
            Waiting
          </th>
          <th scope="col" class="number">
            In flight
          </th>
          <th scope="col" class="number wide">
            Delayed
          </th>
          <th scope="col" class="number wide">
            Sent
          </th>
          <th scope="col" class="number wide">
            Done
          </th>
          <th scope="col" class="number wide">
            Given up
          </th>
        </tr>
      </thead>
      <tbody>
        {queues.map(({ name, visible, inFlight, delayed, sent, deleted, deadLettered }) => (
          <Fragment key={name}>
            <tr class={name === open ? 'open' : ''}>
              <td>
                <button type="button" class="plain" aria-expanded={name === open} onClick={() => void toggle(name)}>
                  {name}
                </button>
              </td>
              <td class="number">
                <Depth count={visible} />
              </td>
              <td class="number">{inFlight}</td>
              <td class="number wide">{delayed}</td>
              <td class="number wide">{sent}</td>
              <td class="number wide">{deleted}</td>
              <td class="number wide">{deadLettered}</td>
            </tr>
            {name === open && (
              <tr class="detail">
                <td colSpan={7}>
                  <Messages messages={messages} />
                </td>
              </tr>
            )}
          </Fragment>
        ))}
      </tbody>
    </table>
  );
}

function Depth({ count }: { readonly count: number }) {
  return (
    <>
      <span class="depth" aria-hidden="true" style={{ width: `${Math.min(5, Math.log2(count + 1) / 2)}rem` }} /> {count}
    </>
  );
}

function Messages({ messages }: { readonly messages: readonly MessageRow[] }) {
  if (messages.length === 0) return <p class="note">No message is in it now.</p>;
  return (
    <ol class="messages">
      {messages.map(({ messageId, sentAt, receiveCount, body, attributes }) => (
        <li key={messageId}>
          <p>
            sent {clock(sentAt)}, received {receiveCount} times, <code>{messageId}</code>
          </p>
          {Object.entries(attributes).map(([name, value]) => (
            <p key={name}>
              {name}: {value}
            </p>
          ))}
          <pre>{indented(body)}</pre>
        </li>
      ))}
    </ol>
  );
}

function indented(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}

function RuleTable({ rules }: { readonly rules: readonly RuleRow[] }) {
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">Rule</th>
          <th scope="col" class="number">
            Matched
          </th>
          <th scope="col" class="number">
            Delivered
          </th>
          <th scope="col" class="number wide">
            Doubled
          </th>
          <th scope="col" class="number wide">
            Overtook
          </th>
          <th scope="col" class="number wide">
            Retried
          </th>
          <th scope="col" class="number wide">
            Given up
          </th>
        </tr>
      </thead>
      <tbody>
        {rules.map(({ name, matched, delivered, duplicates, reordered, retried, deadLettered, dropped }) => (
          <tr key={name}>
            <td>{name}</td>
            <td class="number">{matched}</td>
            <td class="number">{delivered}</td>
            <td class="number wide">{duplicates}</td>
            <td class="number wide">{reordered}</td>
            <td class="number wide">{retried}</td>
            <td class="number wide">{deadLettered + dropped}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
