/** Architectures that the pause program is written for, as Go and OCI name them. */
export type PauseArchitecture = 'amd64' | 'arm64'

/** SIGINT, SIGTERM and SIGCHLD as a kernel signal set: bit n−1 stands for signal n. */
const SIGNALS = (1 << 1) | (1 << 14) | (1 << 16)
const SIGCHLD = 17

/**
 * The program that keeps a sandbox's namespaces open, as a static Linux executable of some 200 bytes. It blocks the three
 * signals and waits for them: on SIGCHLD it reaps every child that has ended (it is process 1 where the pod shares its
 * process namespace), on SIGINT and SIGTERM it exits with 0. Waiting, unlike handlers, works for process 1 too: the
 * kernel never ignores a blocked signal.
 */
export function pauseProgram(architecture: PauseArchitecture): Buffer {
  const machine = { amd64: { code: amd64Code(), number: 62 }, arm64: { code: arm64Code(), number: 183 } }[architecture]
  return executable(machine.code, machine.number)
}

const LOAD_ADDRESS = 0x400000n
const HEADER_BYTES = 64
const SEGMENT_BYTES = 56
const EXECUTABLE = 2
const PT_LOAD = 1
const READ_AND_EXECUTE = 5
const PAGE = 0x1000n

/** An ELF64 file with one segment: the headers and the code, which starts right after them. */
function executable(code: Buffer, machine: number): Buffer {
  const start = HEADER_BYTES + SEGMENT_BYTES
  const size = BigInt(start + code.length)
  const file = Buffer.alloc(start)
  Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]).copy(file) // magic, 64 bit, little-endian, version 1
  file.writeUInt16LE(EXECUTABLE, 16)
  file.writeUInt16LE(machine, 18)
  file.writeUInt32LE(1, 20)
  file.writeBigUInt64LE(LOAD_ADDRESS + BigInt(start), 24) // entry point
  file.writeBigUInt64LE(BigInt(HEADER_BYTES), 32) // where the segment table is
  file.writeUInt16LE(HEADER_BYTES, 52)
  file.writeUInt16LE(SEGMENT_BYTES, 54)
  file.writeUInt16LE(1, 56)
  file.writeUInt32LE(PT_LOAD, HEADER_BYTES)
  file.writeUInt32LE(READ_AND_EXECUTE, HEADER_BYTES + 4)
  file.writeBigUInt64LE(LOAD_ADDRESS, HEADER_BYTES + 16)
  file.writeBigUInt64LE(LOAD_ADDRESS, HEADER_BYTES + 24)
  file.writeBigUInt64LE(size, HEADER_BYTES + 32)
  file.writeBigUInt64LE(size, HEADER_BYTES + 40)
  file.writeBigUInt64LE(PAGE, HEADER_BYTES + 48)
  return Buffer.concat([file, code])
}

/** x86-64. System calls: rt_sigprocmask 14, rt_sigtimedwait 128, wait4 61, exit_group 231. */
function amd64Code(): Buffer {
  return Buffer.from([
    ...[0x68, ...int32(SIGNALS)], //            0  push SIGNALS          the set lies on the stack from here on
    ...[0x48, 0x89, 0xe6], //                   5  mov  rsi, rsp
    ...[0x31, 0xff], //                         8  xor  edi, edi         SIG_BLOCK
    ...[0x31, 0xd2], //                        10  xor  edx, edx
    ...[0x6a, 0x08, 0x41, 0x5a], //            12  push 8; pop r10       bytes in a set
    ...[0x6a, 14, 0x58], //                    16  push 14; pop rax
    ...[0x0f, 0x05], //                        19  syscall
    ...[0x48, 0x89, 0xe7], //                  21  wait: mov rdi, rsp
    ...[0x31, 0xf6], //                        24  xor  esi, esi
    ...[0x31, 0xd2], //                        26  xor  edx, edx         no time limit
    ...[0x6a, 0x08, 0x41, 0x5a], //            28  push 8; pop r10
    ...[0xb8, ...int32(128)], //               32  mov  eax, 128
    ...[0x0f, 0x05], //                        37  syscall               answers the signal's number
    ...[0x83, 0xf8, SIGCHLD], //               39  cmp  eax, SIGCHLD
    ...[0x74, 57 - 44], //                     42  je   reap
    ...[0x85, 0xc0], //                        44  test eax, eax
    ...[0x78, int8(21 - 48)], //               46  js   wait             interrupted
    ...[0x31, 0xff], //                        48  xor  edi, edi
    ...[0xb8, ...int32(231)], //               50  mov  eax, 231
    ...[0x0f, 0x05], //                        55  syscall
    ...[0x6a, 0xff, 0x5f], //                  57  reap: push -1; pop rdi    any child
    ...[0x31, 0xf6], //                        60  xor  esi, esi
    ...[0x6a, 0x01, 0x5a], //                  62  push WNOHANG; pop rdx
    ...[0x45, 0x31, 0xd2], //                  65  xor  r10d, r10d
    ...[0x6a, 61, 0x58], //                    68  push 61; pop rax
    ...[0x0f, 0x05], //                        71  syscall
    ...[0x85, 0xc0], //                        73  test eax, eax
    ...[0x7f, int8(57 - 77)], //               75  jg   reap             one was reaped: there may be more
    ...[0xeb, int8(21 - 79)], //               77  jmp  wait
  ])
}

const int8 = (value: number): number => value & 0xff
const int32 = (value: number): number[] => [
  value & 0xff,
  (value >> 8) & 0xff,
  (value >> 16) & 0xff,
  (value >> 24) & 0xff,
]

/** AArch64. System calls: rt_sigprocmask 135, rt_sigtimedwait 137, wait4 260, exit_group 94. */
function arm64Code(): Buffer {
  const mov = (register: number, value: number): number => 0xd2800000 | (value << 5) | register
  const movHigh = (register: number, value: number): number => 0xf2a00000 | (value << 5) | register
  const movMinusOne = (register: number): number => 0x92800000 | register
  const movStackPointer = (register: number): number => 0x910003e0 | register
  const compare = (register: number, value: number): number => 0xf100001f | (value << 10) | (register << 5)
  const branchIf = (condition: number, offset: number): number => 0x54000000 | ((offset & 0x7ffff) << 5) | condition
  const branchIfNegative = (register: number, offset: number): number =>
    0xb7f80000 | ((offset & 0x3fff) << 5) | register
  const branch = (offset: number): number => 0x14000000 | (offset & 0x3ffffff)
  const pushX9 = 0xf81f0fe9
  const systemCall = 0xd4000001
  const [equal, greater] = [0, 12]
  const words = [
    ...[mov(9, SIGNALS & 0xffff), movHigh(9, SIGNALS >> 16), pushX9], //              0  the set lies on the stack
    ...[movStackPointer(1), mov(0, 0), mov(2, 0), mov(3, 8), mov(8, 135), systemCall], // 3  block them
    ...[movStackPointer(0), mov(1, 0), mov(2, 0), mov(3, 8), mov(8, 137), systemCall], // 9  wait:
    ...[compare(0, SIGCHLD), branchIf(equal, 21 - 16), branchIfNegative(0, 9 - 17)], //  15
    ...[mov(0, 0), mov(8, 94), systemCall], //                                          18  exit with 0
    ...[movMinusOne(0), mov(1, 0), mov(2, 1), mov(3, 0), mov(8, 260), systemCall], //   21  reap:
    ...[compare(0, 0), branchIf(greater, 21 - 28), branch(9 - 29)], //                  27
  ]
  const code = Buffer.alloc(words.length * 4)
  for (const [place, word] of words.entries()) code.writeUInt32LE(word >>> 0, place * 4)
  return code
}
