import { atomicScript } from '../../connection/run-script';
import { RECORD } from './buckets';

/** Time for which batches of a source are remembered after the last one, in milliseconds. */
const REMEMBERED_MS = 86_400_000;

/** Bytes by which a batch is known. */
export const BATCH_BYTES = 8;

/**
 * Adds to the buckets of one source. KEYS: its batches, then keys of buckets. ARGV: batch ('' for none), how many batches are
 * remembered, ends of the keys, then for each bucket the number of its key, where it begins, and its record. Replies 0 where the
 * batch is there already.
 */
export const RECORD_BATCH = atomicScript(`local c,id=redis.call,ARGV[1]
if id~='' then
  local had=c('GET',KEYS[1]) or ''
  for i=1,#had,${BATCH_BYTES} do
    if had:sub(i,i+${BATCH_BYTES - 1})==id then return 0 end
  end
  c('SET',KEYS[1],(id..had):sub(1,${BATCH_BYTES}*ARGV[2]),'PX',${REMEMBERED_MS})
end
for i=#KEYS+2,#ARGV,3 do
  local k,at,record=KEYS[ARGV[i]+1],ARGV[i+1],ARGV[i+2]
  local old=c('GETRANGE',k,at,at+${RECORD - 1})
  if #old==${RECORD} then
    local sum,count,min,max=struct.unpack('<dddd',old)
    if count>0 then
      local s,n,a,b=struct.unpack('<dddd',record)
      record=struct.pack('<dddd',sum+s,count+n,math.min(min,a),math.max(max,b))
    end
  end
  c('SETRANGE',k,at,record)
end
for i=2,#KEYS do
  if c('PTTL',KEYS[i])<0 then c('PEXPIREAT',KEYS[i],ARGV[i+1]) end
end
return 1`);

/** Adds ids to a part of a count. KEYS: the part. ARGV: end of the key, ids. */
export const ADD_IDS = atomicScript(`redis.call('PFADD',KEYS[1],unpack(ARGV,2))
if redis.call('PTTL',KEYS[1])<0 then redis.call('PEXPIREAT',KEYS[1],ARGV[1]) end`);
