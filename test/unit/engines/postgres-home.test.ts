import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { homeOf } from '../../../local/engines/postgres/home';

/** Only root runs PostgreSQL as another user. */
const asRoot = process.getuid?.() === 0 ? describe : describe.skip;

asRoot('as root, PostgreSQL lies where nobody else can have put anything', () => {
  let folder: string;
  let stateDir: string;
  let binaries: { folder: string; version: string };
  const system = () => path.join(folder, 'system');
  const mode = (name: string) => (fs.statSync(name).mode & 0o777).toString(8);

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'home-'));
    fs.chmodSync(folder, 0o755);
    fs.mkdirSync(path.join(folder, 'project/native/bin'), { recursive: true });
    fs.writeFileSync(path.join(folder, 'project/native/bin/postgres'), 'a program', { mode: 0o755 });
    binaries = { folder: path.join(folder, 'project/native'), version: '1.2' };
    stateDir = path.join(folder, 'project/state');
    fs.mkdirSync(stateDir, { mode: 0o700 });
  });
  afterEach(() => fs.rmSync(folder, { recursive: true }));

  test('programs and data stay where they are, if other users may enter the folders above', () => {
    expect(homeOf(stateDir, binaries, system())).toMatchObject({
      programs: binaries.folder,
      data: path.join(stateDir, 'postgres'),
      user: expect.objectContaining({ uid: expect.any(Number) }),
    });
    // Through, but not into.
    expect(mode(stateDir)).toBe('711');
    expect(fs.existsSync(system())).toBe(false);
  });

  test("programs and data are in a system folder of root's, if other users may not", () => {
    fs.chmodSync(path.join(folder, 'project'), 0o700);
    const { programs, data } = homeOf(stateDir, binaries, system());
    expect(programs).toBe(path.join(system(), `postgres-1.2-${process.arch}`));
    expect(fs.readFileSync(path.join(programs, 'bin/postgres'), 'utf8')).toBe('a program');
    expect(data).toMatch(new RegExp(`^${system()}/data-[0-9a-f]{12}$`));
    expect([mode(programs), mode(data), mode(stateDir)]).toEqual(['755', '755', '700']);
  });

  test('a folder that somebody else can write to is refused', () => {
    fs.chmodSync(path.join(folder, 'project'), 0o700);
    const { programs } = homeOf(stateDir, binaries, system());
    fs.chmodSync(programs, 0o777);
    expect(() => homeOf(stateDir, binaries, system())).toThrow(`folder '${programs}' must be root's alone to write to`);
  });
});
