#!/usr/bin/env bash
#
# ssh2's parseKey takes the nonce of an OpenSSH certificate for its key.
#
# Software: ssh2 1.17.0 (npm); git 2.39.5 and OpenSSH 9.2p1 of Debian 12 beside it.
# Expected: parseKey of a plain key gives an object that verifies with it. Of a certificate
#   (ssh-ed25519-cert-v01@openssh.com), which it takes as well, it gives the certified key, or else
#   an error for a type that it can't read.
# What it does: a certificate is its type, a random nonce, and then the fields of the key. parseKey
#   expects the key right after the type. For Ed25519 the nonce has a key's length, so a well-formed
#   object comes out, of the right type and with the right comment, whose key is the nonce; for RSA the
#   nonce becomes the exponent and the exponent the modulus. verify() then says false to every signature
#   that the certified key made. Only for ECDSA it gives an Error, which is no true either.
# Why it matters: git puts the certificate into the signature of whoever signs with one. A verifier in
#   Node that hands it to parseKey calls these commits forged, all of them, and its log shows a sound
#   key of the right type. A list of keys has the same trouble: equals() with the plain key is false.
#   Skip the type and the nonce, and parse the rest as the plain key.
# Needs: git, openssh-client, node with npm. Takes seconds.
#
# Seen on 2026-11-29:
#   ed25519 key: git good; parseKey ssh-ed25519; verify true
#   ed25519 certificate: git good; parseKey ssh-ed25519-cert-v01@openssh.com; verify false
#     its key is the nonce; cut out and parsed as a plain key: verify true
#   rsa key: git good; parseKey ssh-rsa; verify true
#   rsa certificate: git good; parseKey ssh-rsa-cert-v01@openssh.com; verify false
#     its exponent is the nonce; cut out and parsed as a plain key: verify true
#   ecdsa key: git good; parseKey ecdsa-sha2-nistp256; verify true
#   ecdsa certificate: git good; parseKey ecdsa-sha2-nistp256-cert-v01@openssh.com; verify Error
#     cut out and parsed as a plain key: verify true
set -euo pipefail

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
exec 3>&2
trap 'cat "$tmp/log" >&3' ERR
export LC_ALL=C GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
export npm_config_cache=$tmp/npm npm_config_update_notifier=false
npm install --silent --ignore-scripts --no-audit --no-fund --prefix "$tmp/js" ssh2@1.17.0 >>"$tmp/log" 2>&1

repo=$tmp/repo
git init -q "$repo"
git -C "$repo" config user.name Thea
git -C "$repo" config user.email thea@example.org
git -C "$repo" config gpg.format ssh
git -C "$repo" config gpg.ssh.allowedSignersFile "$tmp/allowed"
ssh-keygen -q -t ed25519 -N '' -C '' -f "$tmp/authority"
echo "thea@example.org cert-authority $(cut -d' ' -f1,2 "$tmp/authority.pub")" >"$tmp/allowed"

cat >"$tmp/js/verify.cjs" <<'JS'
const crypto = require('crypto')
const fs = require('fs')
const {parseKey} = require('ssh2').utils
const [tmp, type] = process.argv.slice(2)
const file = (name) => fs.readFileSync(`${tmp}/${name}`)

// strings cuts SSH's strings, each with its length before it.
function strings(data) {
  const list = []
  for (let at = 0; at + 4 <= data.length;) {
    const end = at + 4 + data.readUInt32BE(at)
    list.push(data.subarray(at + 4, end))
    at = end
  }
  return list
}

// join is the reverse.
const join = (list) => Buffer.concat(list.flatMap((s) => {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(s.length)
  return [length, Buffer.from(s)]
}))

// The signature as PROTOCOL.sshsig has it: magic, version, then strings.
const armored = file('sig').toString().replace(/-----.*-----/g, '')
const [, namespace, reserved, hash, signature] = strings(Buffer.from(armored, 'base64').subarray(10))
const digest = crypto.createHash(hash.toString()).update(file('payload')).digest()
const signed = Buffer.concat([Buffer.from('SSHSIG'), join([namespace, reserved, hash, digest])])
let [algorithm, made] = strings(signature)
if (type === 'ecdsa') {
  // verify takes ECDSA in ASN.1, not as SSH has it.
  const int = (n) => Buffer.concat([Buffer.from([2, n.length]), n])
  const both = Buffer.concat(strings(made).map(int))
  made = Buffer.concat([Buffer.from([0x30, both.length]), both])
}
function verify(key) {
  const result = key.verify(signed, made, algorithm.includes('512') ? 'sha512' : undefined)
  return result instanceof Error ? 'Error' : result
}

const line = file('public').toString()
const key = parseKey(line)
if (key instanceof Error) throw key
console.log(`parseKey ${key.type}; verify ${verify(key)}`)
const [name, nonce, ...fields] = strings(Buffer.from(line.split(' ')[1], 'base64'))
if (name.includes('-cert-')) {
  const plain = name.toString().replace('-cert-v01@openssh.com', '')
  const rest = join([plain, ...fields.slice(0, type === 'ed25519' ? 1 : 2)])
  const has = strings(key.getPublicSSH()).some((part) => part.equals(nonce))
  const what = type === 'rsa' ? 'exponent' : 'key'
  console.log(`  ${has ? `its ${what} is the nonce; ` : ''}cut out and parsed as a plain key: ` +
    `verify ${verify(parseKey(`${plain} ${rest.toString('base64')}`))}`)
}
JS

# look TITLE TYPE FILE signs with the public key or certificate in the file, and says what comes of it.
look() {
	local git=bad
	git -C "$repo" -c user.signingKey="$3" commit -q --allow-empty -S -m 'Signed'
	git -C "$repo" cat-file commit HEAD >"$tmp/object"
	sed -e '/^gpgsig /,/^ -----END /d' "$tmp/object" >"$tmp/payload"
	sed -n -e '/^gpgsig /,/^ -----END /p' "$tmp/object" | sed -e 's/^gpgsig //' -e 's/^ //' >"$tmp/sig"
	cp "$3" "$tmp/public"
	if git -C "$repo" verify-commit HEAD 2>>"$tmp/log"; then git=good; fi
	echo "$1: git $git; $(node "$tmp/js/verify.cjs" "$tmp" "$2")"
}

{
	for type in ed25519 rsa ecdsa; do
		ssh-keygen -q -t "$type" -N '' -C '' -f "$tmp/$type"
		echo "thea@example.org $(cut -d' ' -f1,2 "$tmp/$type.pub")" >>"$tmp/allowed"
		ssh-keygen -q -s "$tmp/authority" -I id -n thea@example.org "$tmp/$type.pub"
		look "$type key" "$type" "$tmp/$type.pub"
		look "$type certificate" "$type" "$tmp/$type-cert.pub"
	done
} 2>>"$tmp/log" | tee "$tmp/got"

sed -n '/^# Seen on/,/^set/s/^#   //p' "$0" | diff - "$tmp/got" || {
	echo 'changed: < is what was seen, > is what is' >&2
	exit 1
}
echo 'as stated'
