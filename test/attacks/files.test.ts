/**
 * Files behind the wall: what a program can do that asks nobody. Each attempt runs with no wall, where it must succeed, and with
 * namespaces alone, with Landlock alone where that can hold it, and with all of it.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { test } from 'node:test'
import type { Layers, Plan } from '#sandbox'
import { withTemporaryDirectory } from '../harness/temporary.ts'
import { MAKERS, NO_LAYERS, STABLE, tryWallAs } from '../harness/wall.ts'

/** A tree with something to find in it. */
interface Tree {
  root: string
  /** Granted, for reading and writing. */
  work: string
  /** Closed, whatever is granted: the settings, say. */
  closed: string
  /** Not granted. */
  other: string
}

interface Attempt {
  name: string
  /** Prepares the tree from outside. */
  prepare?: (tree: Tree) => void
  granted: (tree: Tree) => Partial<Plan['granted']>
  /** JavaScript that returns what it got; ROOT, WORK, CLOSED, OTHER are paths, and a throw is a refusal. */
  code: string
  /** What it must get where nothing holds it. */
  loot: unknown
  /** Looks at the tree afterwards: answers whether harm was done that the program may not know of. */
  isHarmed?: (tree: Tree) => boolean
  /** Why it cannot be tried here. */
  skip?: string | false
  /** Landlock alone cannot hold it; why. */
  notByLandlock?: string
}

const readWork = ({ work }: Tree) => ({ read: [work] })
const writeWork = ({ work }: Tree) => ({ read: [work], write: [work] })
const everything = () => ({ read: true, write: true }) as const

const ATTEMPTS: readonly Attempt[] = [
  {
    name: 'D51 reads through a link that lay in a granted directory',
    prepare: ({ work, other }) => symlinkSync(other, join(work, 'link')),
    granted: readWork,
    code: `return readFileSync(WORK + '/link/file', 'utf8')`,
    loot: 'other',
  },
  {
    name: 'D50 writes through a link that lay in a granted directory',
    prepare: ({ work, closed }) => symlinkSync(closed, join(work, 'link')),
    granted: writeWork,
    code: `writeFileSync(WORK + '/link/settings.yaml', 'evil'); return 'written'`,
    loot: 'written',
    isHarmed: ({ closed }) => readFileSync(join(closed, 'settings.yaml'), 'utf8') !== 'closed',
  },
  {
    name: 'A5 reads closed files although everything may be read',
    granted: () => ({ read: true }),
    code: `return readFileSync(CLOSED + '/settings.yaml', 'utf8')`,
    loot: 'closed',
  },
  {
    name: 'A5 reads closed files by way of /proc',
    granted: () => ({ read: true }),
    code: `return readFileSync('/proc/self/root' + CLOSED + '/settings.yaml', 'utf8')`,
    loot: 'closed',
  },
  {
    name: 'A5 reads closed files by a second name for them',
    granted: everything,
    code:
      `linkSync(CLOSED + '/settings.yaml', WORK + '/second'); return readFileSync(WORK + '/second', 'utf8')`,
    loot: 'closed',
  },
  {
    name: 'A5 replaces closed files although everything may be written',
    granted: everything,
    code: `writeFileSync(CLOSED + '/settings.yaml', 'evil'); return 'written'`,
    loot: 'written',
    isHarmed: ({ closed }) => readFileSync(join(closed, 'settings.yaml'), 'utf8') !== 'closed',
    notByLandlock: 'it cannot take back below what it has granted above',
  },
  {
    name: 'D55 moves the parent of a closed directory away, and makes another',
    granted: everything,
    code: `renameSync(ROOT + '/home', ROOT + '/away'); mkdirSync(CLOSED, { recursive: true })
      writeFileSync(CLOSED + '/settings.yaml', 'evil'); return readFileSync(ROOT + '/away/closed/settings.yaml', 'utf8')`,
    loot: 'closed',
    isHarmed: ({ closed }) => readFileSync(join(closed, 'settings.yaml'), 'utf8') !== 'closed',
    notByLandlock: 'it cannot take back below what it has granted above',
  },
  {
    name: 'D56 changes programs of the user although everything may be written',
    granted: everything,
    code: `writeFileSync(ROOT + '/fixed/main.ts', 'evil'); return 'written'`,
    loot: 'written',
    isHarmed: ({ root }) => readFileSync(join(root, 'fixed/main.ts'), 'utf8') !== 'fixed',
    notByLandlock: 'it cannot take back below what it has granted above',
  },
  {
    name: 'D56 changes its own program',
    granted: ({ root }) => ({ read: [root], write: [root] }),
    code: `writeFileSync(ROOT + '/extension/more.ts', 'evil'); return 'written'`,
    loot: 'written',
    isHarmed: ({ root }) => existsSync(join(root, 'extension/more.ts')),
    notByLandlock: 'it cannot take back below what it has granted above',
  },
  {
    name: 'D52 swaps a directory for a link while another thread opens through it',
    granted: writeWork,
    code:
      `mkdirSync(WORK + '/real'); writeFileSync(WORK + '/real/file', 'work'); symlinkSync(OTHER, WORK + '/evil')
      const swap = \`const { renameSync } = require('node:fs'), [a, b, c] = ['real', 'evil', 'place'].map((name) => '\${WORK}/' + name)
        for (;;) { try { renameSync(a, c); renameSync(c, a); renameSync(b, c); renameSync(c, b) } catch {} }\`
      new Worker(URL.createObjectURL(new Blob([swap])))
      const until = performance.now() + 1500
      let seen = 0
      while (performance.now() < until) {
        try {
          const text = readFileSync(WORK + '/place/file', 'utf8')
          if (text === 'other') { tell({ got: 'other' }); process.exit() }
          seen++
        } catch {}
      }
      tell({ refused: 'seen ' + seen }); process.exit()`,
    loot: 'other',
  },
  {
    name: 'D66 cuts a file that it may read',
    granted: readWork,
    code: `truncateSync(WORK + '/file', 0); return 'cut'`,
    loot: 'cut',
    isHarmed: ({ work }) => readFileSync(join(work, 'file'), 'utf8') !== 'work',
  },
  {
    name: 'D65 reads what it may only write',
    granted: ({ work }) => ({ write: [work] }),
    code: `return readFileSync(WORK + '/file', 'utf8')`,
    loot: 'work',
  },
  {
    name: 'D66 changes the mode of a file that it may read',
    granted: readWork,
    code: `chmodSync(WORK + '/file', 0o777); return 'changed'`,
    loot: 'changed',
    notByLandlock: 'modes are not among what it knows',
  },
  {
    name: 'H98 removes the socket of its own run, to put another there',
    granted: () => ({}),
    code: `unlinkSync(RUN + '/broker.sock'); return 'removed'`,
    loot: 'removed',
    isHarmed: ({ root }) => !existsSync(join(root, 'runs/phylum/run-1/broker.sock')),
  },
  {
    name: "C46 reads another run's capability although everything may be read",
    prepare: ({ root }) => {
      mkdirSync(join(root, 'runs/phylum/run-2/scratch'), { recursive: true })
      writeFileSync(join(root, 'runs/phylum/run-2/scratch/run.json'), 'capability')
    },
    granted: () => ({ read: true }),
    code: `return readFileSync(RUN + '/../run-2/scratch/run.json', 'utf8')`,
    loot: 'capability',
  },
  ...([['pipe', 0o010644], ['socket', 0o140644]] as const).map(([name, mode]): Attempt => ({
    name: `D60 makes a ${name} where others will meet it`,
    granted: writeWork,
    code: `return call([259, 33], -100, WORK + '/special', ${mode}, 0) === 0 ? 'made' : undefined`,
    loot: 'made',
    isHarmed: ({ work }) => readdirSync(work).includes('special'),
  })),
  {
    name: 'F84 connects to a socket in a directory that it may read',
    granted: readWork,
    code: `const fd = call([41, 198], 1, 1, 0), path = WORK + '/agent.sock'
      const address = new Uint8Array([1, 0, ...new TextEncoder().encode(path + '\\0')])
      return call([42, 203], fd, address, address.length) === 0 ? 'connected' : undefined`,
    loot: 'connected',
    notByLandlock: 'it knows sockets by their paths from version 9 on',
  },
]

const PERMITTED: readonly Pick<
  Attempt,
  'name' | 'granted' | 'code' | 'loot' | 'prepare' | 'skip'
>[] = [
  {
    name: 'reads what it may',
    granted: readWork,
    code: `return readFileSync(WORK + '/file', 'utf8')`,
    loot: 'work',
  },
  {
    name: 'lists what it may',
    granted: readWork,
    code: `return readdirSync(WORK).includes('file')`,
    loot: true,
  },
  {
    name: 'writes, moves, links and removes where it may',
    granted: writeWork,
    code:
      `mkdirSync(WORK + '/a/b', { recursive: true }); writeFileSync(WORK + '/a/b/c', 'x'); renameSync(WORK + '/a/b/c', WORK + '/c')
      symlinkSync('c', WORK + '/d'); linkSync(WORK + '/c', WORK + '/e'); chmodSync(WORK + '/c', 0o700); truncateSync(WORK + '/c')
      rmSync(WORK + '/a', { recursive: true }); return readdirSync(WORK).filter((name) => name.length === 1).sort().join()`,
    loot: 'c,d,e',
  },
  {
    name: 'follows links between two granted places',
    prepare: ({ work, other }) => symlinkSync(other, join(work, 'link')),
    granted: ({ work, other }) => ({ read: [work, other] }),
    code: `return readFileSync(WORK + '/link/file', 'utf8')`,
    loot: 'other',
  },
  {
    name: 'reads a granted place that is named by a link to it',
    prepare: ({ root, other }) => symlinkSync(other, join(root, 'name')),
    granted: ({ root }) => ({ read: [join(root, 'name')] }),
    code: `return readFileSync(ROOT + '/name/file', 'utf8')`,
    loot: 'other',
  },
  {
    name: 'reads everything else where everything may be read',
    granted: () => ({ read: true }),
    code:
      `return [readFileSync(OTHER + '/file', 'utf8'), readFileSync('/etc/passwd', 'utf8').includes('root')].join()`,
    loot: 'other,true',
  },
  {
    name: 'writes everything else where everything may be written',
    granted: everything,
    // What is made beside a closed place cannot be read: Landlock would have to let all of that directory be read, for ever.
    code:
      `writeFileSync(ROOT + '/new', 'x'); writeFileSync(ROOT + '/home/new', 'xx'); writeFileSync(OTHER + '/new', 'x')
      return [lstatSync(ROOT + '/home/new').size, readFileSync(OTHER + '/new', 'utf8')].join()`,
    loot: '2,x',
  },
  {
    name: 'has a place of its own for files that nobody else sees',
    granted: () => ({}),
    skip: process.execPath.startsWith('/tmp/') &&
      'the engine lies below /tmp here, and so /tmp is not the run’s own',
    code:
      `for (const each of ['/tmp', '/dev/shm', process.env.TMPDIR]) writeFileSync(each + '/private', 'x'); return readFileSync('/tmp/private', 'utf8')`,
    loot: 'x',
  },
]

async function make(
  attempt: Pick<Attempt, 'name' | 'granted' | 'code' | 'prepare'>,
  layers: Layers,
  user: 'self' | 'nobody',
) {
  return await withTemporaryDirectory(async (root) => {
    chmodSync(root, 0o755)
    const tree = {
      root,
      work: join(root, 'work'),
      closed: join(root, 'home/closed'),
      other: join(root, 'other'),
    }
    const files = {
      'work/file': 'work',
      'home/closed/settings.yaml': 'closed',
      'other/file': 'other',
      'fixed/main.ts': 'fixed',
    }
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, name)), { recursive: true })
      writeFileSync(join(root, name), text)
    }
    attempt.prepare?.(tree)
    const socket = createServer((connection) => connection.destroy()).listen(
      join(tree.work, 'agent.sock'),
    )
    await once(socket, 'listening')
    const names = {
      ROOT: root,
      WORK: tree.work,
      CLOSED: tree.closed,
      OTHER: tree.other,
      RUN: join(root, 'runs/phylum/run-1'),
    }
    const program = `import { ${
      'chmodSync linkSync lstatSync mkdirSync readdirSync readFileSync renameSync rmSync symlinkSync truncateSync unlinkSync writeFileSync'
        .split(' ').join(', ')
    } } from 'node:fs'
      const { ${Object.keys(names).join(', ')} } = ${JSON.stringify(names)}
      const attempt = () => { ${attempt.code} }
      try { tell({ got: attempt() }) } catch (error) { tell({ refused: String(error) }) }`
    const granted = attempt.granted(tree)
    const { told, failure, stderr } = await tryWallAs(user, {
      layers,
      directory: root,
      denyAccess: [tree.closed],
      denyWrite: [join(root, 'fixed'), join(root, 'extension')],
      granted: {
        ...granted,
        // The engine does not start without; namespaces bring their own.
        ...(layers.namespaces === null && granted.read !== true
          ? { read: [...(granted.read ?? []), '/proc'] }
          : {}),
      },
    }, program)
    socket.close()
    assert.equal(failure, undefined, JSON.stringify(failure))
    assert.equal(told.length, 1, stderr)
    const { got, refused } = told[0] as { got?: unknown; refused?: string }
    const isHarmed = (attempt as Attempt).isHarmed?.(tree) ?? false
    return { got, refused, isHarmed }
  }, STABLE)
}

const users = ['self', ...(process.getuid?.() === 0 ? ['nobody' as const] : [])] as const

for (const user of users) {
  const who = user === 'self' ? '' : ' (unprivileged)'

  for (const attempt of ATTEMPTS) {
    test(`${attempt.name}: it works where nothing protects${who}`, async () => {
      const { got, refused } = await make(attempt, NO_LAYERS, user)
      assert.deepEqual(got, attempt.loot, refused ?? '')
    })

    for (const maker of MAKERS) {
      const alone = [`namespaces by ${maker.kind} alone`, {
        ...NO_LAYERS,
        namespaces: maker,
      }] as const
      const whole = [
        `the wall by ${maker.kind}`,
        { namespaces: maker, landlock: true, seccomp: true },
      ] as const
      for (const [name, layers] of user === 'self' ? [alone, whole] : [whole]) {
        // Pipes can be made, and what can be written can be read, in namespaces alone; Landlock holds that.
        if (/^D6[05]/.test(attempt.name) && !layers.landlock) continue
        test(`${attempt.name}: refused by ${name}${who}`, async () => {
          const { got, isHarmed } = await make(attempt, layers, user)
          assert.deepEqual([got === attempt.loot, isHarmed], [false, false])
        })
      }
    }

    if (user === 'nobody') continue
    test(
      `${attempt.name}: refused by Landlock alone`,
      { skip: attempt.notByLandlock ?? false },
      async () => {
        const { got, isHarmed } = await make(attempt, { ...NO_LAYERS, landlock: true }, user)
        assert.deepEqual([got === attempt.loot, isHarmed], [false, false])
      },
    )
  }

  for (const permitted of PERMITTED) {
    for (const maker of MAKERS) {
      const name = `a program behind the wall by ${maker.kind} ${permitted.name}${who}`
      test(name, { skip: permitted.skip ?? false }, async () => {
        const layers = { namespaces: maker, landlock: true, seccomp: true }
        const { got, refused } = await make(permitted, layers, user)
        assert.deepEqual(got, permitted.loot, refused ?? '')
      })
    }
  }
}
