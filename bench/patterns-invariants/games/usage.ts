import { UsageMeter } from 'cachement/patterns/usage';
import type { MakeGame } from '../game';
import { monotonic } from '../journal';

const EVENTS = 12;
/** Attempts of an event, with its id; some are sent once more though they were answered. */
const ATTEMPTS = 8;

/** Tenants whose few events are each sent until they are answered, and sometimes again; then what they used is read. */
export const usage: MakeGame = ({ connection, random, process, without, note, more }) => {
  const meter = new UsageMeter({ connection, name: 'api' });
  let last = 0;
  return {
    async turn() {
      const tenant = `${process}-${++last}`;
      const began = monotonic();
      let complete = 0;
      let kept = 0;
      for (let n = 0; n < EVENTS; n++) {
        let left = random.chance(0.3) ? 2 : 1;
        let replicated = false;
        for (let attempt = 0; left > 0 && attempt < ATTEMPTS; attempt++) {
          // An id of each attempt is none of the event.
          const eventId = without === 'dedupe' ? `${tenant}-${n}-${attempt}` : `${tenant}-${n}`;
          const answer = await meter.record({ eventId, tenant, meter: 'GET /resource' }).catch(() => undefined);
          if (!answer) continue;
          more(1);
          left--;
          replicated ||= answer.replicated;
        }
        if (left === 0) complete++;
        if (replicated) kept++;
      }
      const { total } = await meter.month(tenant, new Date(connection.now()).toISOString().slice(0, 7));
      note('used', began, { events: EVENTS, complete, kept, total });
    },
  };
};
