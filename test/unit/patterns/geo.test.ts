import { boxAround, circleOf, distanceKm, isIn } from '../../../lambdas/runtime/patterns/geo/areas';
import { Grid } from '../../../lambdas/runtime/patterns/geo/cells';

describe('cells', () => {
  // Geohashes as https://en.wikipedia.org/wiki/Geohash has them.
  test.each([
    [57.64911, 10.40744, 11, 'u4pruydqqvj'],
    [42.605, -5.603, 5, 'ezs42'],
    [-25.382708, -49.265506, 8, '6gkzwgjz'],
    [90, 180, 4, 'bpbp'],
    [-90, -180, 4, '0000'],
  ])('%p, %p is in %i digits %s', (latitude, longitude, digits, geohash) => {
    const cell = new Grid(digits).at({ latitude, longitude });
    expect(cell.geohash).toBe(geohash);
    expect(latitude).toBeGreaterThanOrEqual(cell.south);
    expect(latitude).toBeLessThanOrEqual(cell.north);
  });

  test('an area is covered by every cell that it touches, each once', () => {
    const grid = new Grid(2);
    for (const latitude of [-80, -30, 0, 44, 80]) {
      for (const longitude of [-180, -179, 0, 11.25, 179.9, 180]) {
        const circle = { latitude, longitude, radiusKm: 400 };
        const cells = grid.cover(circle, 1024).cells.map(({ geohash }) => geohash);
        expect(new Set(cells).size).toBe(cells.length);
        for (let angle = 0; angle < 360; angle += 10) {
          for (const part of [0, 0.5, 0.999]) {
            const turn = (angle * Math.PI) / 180;
            const north = latitude + 3.6 * part * Math.cos(turn);
            const east = longitude + (3.6 * part * Math.sin(turn)) / Math.cos((north * Math.PI) / 180);
            const point = { latitude: north, longitude: ((east + 540) % 360) - 180 };
            if (isIn(circle, point)) expect(cells).toContain(grid.at(point).geohash);
          }
        }
      }
    }
  });

  test('too many are counted, and not made', () => {
    expect(new Grid(8).cover({ box: { south: -80, west: -180, north: 80, east: 180 } }, 64)).toMatchObject({
      cells: [],
      complete: true,
    });
    expect(new Grid(4).cover({ latitude: 84, longitude: 0, radiusKm: 200 }, 64)).toMatchObject({ complete: false });
  });
});

test('a circle with a pole has every longitude', () => {
  expect(boxAround({ latitude: 89, longitude: 50, radiusKm: 200 })).toMatchObject({ north: 90, west: -180, east: 180 });
});

test.each([
  { south: -10, west: 170, north: 20, east: -170 },
  { south: 50, west: 10, north: 60, east: 30 },
  { south: -60, west: -5, north: -50, east: 5 },
])('the circle around %j has its corners', (box) => {
  const circle = circleOf({ box });
  for (const latitude of [box.south, box.north, (box.south + box.north) / 2]) {
    for (const longitude of [box.west, box.east])
      expect(distanceKm(circle, { latitude, longitude })).toBeLessThan(circle.radiusKm);
  }
  expect(isIn({ box }, circle)).toBe(true);
});
