import assert from 'node:assert/strict'
import { test } from 'node:test'
import { celResult } from '../../../testing/cel.ts'

type Table = readonly (readonly [expression: string, result: string])[]

const times: Table = [
  ['timestamp("2024-03-05T06:07:08.009Z").getFullYear()', '2024'],
  ['timestamp("2024-03-05T06:07:08.009Z").getMonth()', '2'],
  ['timestamp("2024-03-05T06:07:08.009Z").getDate()', '5'],
  ['timestamp("2024-03-05T06:07:08.009Z").getDayOfMonth()', '4'],
  ['timestamp("2024-03-05T06:07:08.009Z").getDayOfYear()', '64'],
  ['timestamp("2024-03-05T06:07:08.009Z").getDayOfWeek()', '2'],
  ['timestamp("2024-03-05T06:07:08.009Z").getHours()', '6'],
  ['timestamp("2024-03-05T06:07:08.009Z").getMinutes()', '7'],
  ['timestamp("2024-03-05T06:07:08.009Z").getSeconds()', '8'],
  ['timestamp("2024-03-05T06:07:08.009Z").getMilliseconds()', '9'],
  ['timestamp("2024-03-05T06:07:08Z").getHours("-02:30")', '3'],
  ['timestamp("2024-03-05T06:07:08Z").getDate("America/Los_Angeles")', '4'],
  ['timestamp("2024-07-05T06:07:08Z").getHours("Europe/Berlin")', '8'],
  ['timestamp("2024-03-05T06:07:08Z").getHours("Nowhere")', 'error: unknown time zone Nowhere'],
  ['timestamp("2024-03-05T06:07:08Z").getHours("01:60")', 'error: timezone offset minutes out of range [0, 59]: 01:60'],
  ['duration("3h20m").getHours() * 1000 + duration("3h20m").getMinutes()', '3200'],
  ['duration("1m1.5s").getSeconds() * 10000 + duration("1.5s").getMilliseconds()', '611500'],
]

const lists: Table = [
  ['[1, 2, 2].isSorted() && !["b", "a"].isSorted()', 'true'],
  ['[1, 2, 3].sum() + [4][0]', '10'],
  ['[1.5, 2.5].sum()', '4.0'],
  ['[duration("1m"), duration("1s")].sum()', '61s'],
  ['[3, 1, 2].min() * 10 + [3, 1, 2].max()', '13'],
  ['["a", "c", "b"].max()', '"c"'],
  ['([1].filter(x, x > 1)).min()', 'error: min called on empty list'],
  ['[1, 2, 1].indexOf(1) * 100 + [1, 2, 1].lastIndexOf(1) * 10 + [1].indexOf(5)', '19'],
  ['[1, 2, 3, 4].slice(1, 3)', '[2, 3]'],
  ['[1].slice(0, 2)', 'error: cannot slice(0, 2), list is length 1'],
  ['[1].slice(1, 0)', 'error: cannot slice(1, 0), start index must be less than or equal to end index'],
  ['[[1], [2, 3]].flatten()', '[1, 2, 3]'],
  ['[[[1]], [[2]]].flatten(2)', '[1, 2]'],
  ['dyn([1, 2]).flatten()', '[1, 2]'],
  ['[3, 1, 2].sort() + [1, 2, 3].reverse()', '[1, 2, 3, 3, 2, 1]'],
  ['["bb", "a"].sortBy(x, x.size())', '["a", "bb"]'],
  ['lists.range(3)', '[0, 1, 2]'],
  ['[1, 2, 1].distinct()', '[1, 2]'],
  ['[1, 2].first().value() + [1, 2].last().value()', '3'],
  ['sets.contains([1, 2], [2]) && sets.intersects([1, 2], [2, 3])', 'true'],
  ['sets.equivalent([1, 2, 2], [2, 1]) && !sets.equivalent([1], [1, 2])', 'true'],
]

const macros: Table = [
  ['[1, 2].all(x, x > 0) && [1, 2].exists(x, x > 1) && [1, 2].exists_one(x, x > 1)', 'true'],
  ['[0, 1].exists(x, 1 / x == 1)', 'true'],
  ['[0, 2].exists(x, 1 / x == 1)', 'error: division by zero'],
  ['[1, 0].all(x, 1 / x != 1)', 'false'],
  ['[1, 2].map(x, x * 2) + [1, 2, 3].map(x, x > 1, x * 10)', '[2, 4, 20, 30]'],
  ['[1, 2, 3].filter(x, x != 2)', '[1, 3]'],
  ['{"a": 1, "b": 2}.map(k, k)', '["a", "b"]'],
  ['{"a": 1}.all(k, v, k == "a" && v == 1) && [5].all(i, v, i == 0 && v == 5)', 'true'],
  ['{"a": 1}.exists(k, v, v == 1) && {"a": 1}.existsOne(k, v, v == 1)', 'true'],
  ['[5, 6].transformList(i, v, i + v) + [5, 6].transformList(i, v, i > 0, v)', '[5, 7, 6]'],
  ['{"a": 1, "b": 2}.transformMap(k, v, v > 1, v + 1)', '{"b": 3}'],
  ['{"a": 1}.transformMapEntry(k, v, {v: k})', '{1: "a"}'],
  ['[1, 1].transformMapEntry(i, v, {v: i})', 'error: insert failed: key 1 already exists'],
  ['[[1, 2], [3]].map(x, x.map(y, y + x[0]))', '[[2, 3], [6]]'],
]

const optionals: Table = [
  ['optional.of(1).orValue(2) + optional.none().orValue(5)', '6'],
  ['optional.none().or(optional.of(3)).value()', '3'],
  ['optional.none().value()', 'error: optional.none() dereference'],
  ['optional.ofNonZeroValue("").hasValue() || optional.ofNonZeroValue(1).hasValue()', 'true'],
  ['{"a": {"b": 1}}.?a.?b', 'some(1)'],
  ['{"a": {"b": 1}}.?x.b', 'none'],
  ['{"a": 1}[?"b"].hasValue() || [1][?0].hasValue()', 'true'],
  ['optional.of(2).optMap(x, x + 1)', 'some(3)'],
  ['optional.of(2).optFlatMap(x, optional.none())', 'none'],
  ['[?optional.none(), ?optional.of(1), 2]', '[1, 2]'],
  ['{?"a": optional.none(), ?"b": optional.of(1)}', '{"b": 1}'],
  ['[optional.of(1), optional.none()].unwrapOpt() + optional.unwrap([optional.of(2)])', '[1, 2]'],
]

const kubernetes: Table = [
  ['"a1b22".find("[0-9]+") + "abc".find("[0-9]+")', '"1"'],
  ['"a1b22".findAll("[0-9]+") + "a1b22".findAll("[0-9]+", 1)', '["1", "22", "1"]'],
  ['"a".find("(")', 'program: error parsing regexp: missing closing ): `(`'],
  ['url("https://user@example.com:80/a%20b/c?x=1&x=2&y=#f").getHost()', '"example.com:80"'],
  ['url("https://example.com:80/").getHostname() + url("https://example.com:80/").getPort()', '"example.com80"'],
  ['url("http://[::1]:8080/p").getHostname() + url("http://[::1]/p").getPort()', '"::1"'],
  ['url("https://example.com/a b?x=1&x=2").getQuery()', '{"x": ["1", "2"]}'],
  ['url("https://example.com/a b/\\u00e9").getEscapedPath()', '"/a%20b/%C3%A9"'],
  ['url("/path").getScheme() + url("/path").getEscapedPath()', '"/path"'],
  ['isURL("https://a") && !isURL("a b") && url("https://a") == url("https://a")', 'true'],
  ['url("x")', 'error: URL parse error during conversion from string: parse "x": invalid URI for request'],
  ['isQuantity("1.5Gi") && !isQuantity("1.5G!")', 'true'],
  ['quantity("1Gi").isGreaterThan(quantity("1G")) && quantity("1").isLessThan(quantity("2"))', 'true'],
  ['quantity("1k").compareTo(quantity("1000")) + sign(quantity("-5"))', '-1'],
  ['quantity("50k").add(20).sub(quantity("10")).asInteger()', '50010'],
  ['quantity("1500m").isInteger() || quantity("2000m").isInteger()', 'true'],
  ['quantity("1500m").asApproximateFloat()', '1.5'],
  ['quantity("1500m").asInteger()', 'error: cannot convert value to integer'],
  ['quantity("1") == quantity("1000m")', 'true'],
  [
    'isIP("10.0.0.1") && isIP("::1") && !isIP("10.0.0.256") && !isIP("::ffff:1.2.3.4") && !isIP("fe80::1%eth0")',
    'true',
  ],
  ['ip("10.0.0.1").family() + ip("::1").family()', '10'],
  ['ip("127.0.0.1").isLoopback() && ip("0.0.0.0").isUnspecified() && ip("8.8.8.8").isGlobalUnicast()', 'true'],
  [
    'ip("fe80::1").isLinkLocalUnicast() && ip("ff02::1").isLinkLocalMulticast() && ip("224.0.0.5").isLinkLocalMulticast()',
    'true',
  ],
  ['ip.isCanonical("2001:db8::1") && !ip.isCanonical("2001:0db8::1")', 'true'],
  ['ip("::ffff:1.2.3.4")', 'error: IPv4-mapped IPv6 address "::ffff:1.2.3.4" is not allowed'],
  ['string(ip("2001:0db8::1")) + string(cidr("10.0.0.1/8"))', '"2001:db8::110.0.0.1/8"'],
  ['cidr("10.0.0.0/8").containsIP("10.1.2.3") && cidr("10.0.0.0/8").containsIP(ip("10.1.2.3"))', 'true'],
  ['cidr("10.0.0.0/8").containsCIDR("10.1.0.0/16") && !cidr("10.0.0.0/8").containsCIDR(cidr("0.0.0.0/0"))', 'true'],
  ['string(cidr("10.1.2.3/8").masked()) + string(cidr("10.1.2.3/8").ip())', '"10.0.0.0/810.1.2.3"'],
  ['cidr("2001:db8::/32").prefixLength()', '32'],
  ['isCIDR("10.0.0.0/8") && !isCIDR("10.0.0.0") && !isCIDR("10.0.0.0/33") && !isCIDR("10.0.0.0/08")', 'true'],
  ['format.dns1123Label().validate("my-name")', 'none'],
  ['format.named("labelValue").value().validate("a b").hasValue()', 'true'],
  ['format.named("nothing")', 'none'],
  ['format.uuid().validate("x")', 'some(["does not match the UUID format"])'],
  ['format.dns1123LabelPrefix().validate("abc-")', 'none'],
  ['isSemver("1.2.3-rc.1+build") && !isSemver("1.2") && isSemver("v1.2", true) && !isSemver("01.2.3")', 'true'],
  [
    'semver("1.2.3").isGreaterThan(semver("1.2.3-rc.1")) && semver("1.2.3-rc.2").isLessThan(semver("1.2.3-rc.10"))',
    'true',
  ],
  ['semver("1.2.3").major() * 100 + semver("1.2.3").minor() * 10 + semver("1.2.3").patch()', '123'],
  ['semver("v01.2", true).compareTo(semver("1.2.0"))', '0'],
  ['semver("1.x.0")', 'error: Invalid character(s) found in minor number "x"'],
]

for (const [expression, result] of [...times, ...lists, ...macros, ...optionals, ...kubernetes]) {
  test(`cel: ${expression} is ${result}`, () => assert.equal(celResult(expression), result))
}
