/** A city that has a page. */
export interface City {
  readonly id: number;
  readonly name: string;
  readonly country: string;
  readonly population: number;
}

/** Name, country and number of people, rounded. */
const CITIES: readonly (readonly [name: string, country: string, population: number])[] = [
  ['Amsterdam', 'Netherlands', 920_000],
  ['Athens', 'Greece', 640_000],
  ['Auckland', 'New Zealand', 1_480_000],
  ['Barcelona', 'Spain', 1_660_000],
  ['Bern', 'Switzerland', 140_000],
  ['Bogotá', 'Colombia', 7_900_000],
  ['Cairo', 'Egypt', 10_200_000],
  ['Dakar', 'Senegal', 1_180_000],
  ['Dublin', 'Ireland', 590_000],
  ['Hanoi', 'Vietnam', 8_500_000],
  ['Helsinki', 'Finland', 680_000],
  ['Kraków', 'Poland', 800_000],
  ['Lima', 'Peru', 10_100_000],
  ['Lisbon', 'Portugal', 570_000],
  ['Ljubljana', 'Slovenia', 290_000],
  ['Montréal', 'Canada', 1_760_000],
  ['Nairobi', 'Kenya', 4_400_000],
  ['Oslo', 'Norway', 720_000],
  ['Porto', 'Portugal', 250_000],
  ['Reykjavík', 'Iceland', 140_000],
  ['Seoul', 'South Korea', 9_400_000],
  ['Tbilisi', 'Georgia', 1_260_000],
  ['Vienna', 'Austria', 2_010_000],
  ['Wellington', 'New Zealand', 210_000],
];

/** As many cities as there are to be pages: each city, and then its districts. */
export function citiesOf(count: number): City[] {
  return Array.from({ length: count }, (_, index) => {
    const [name, country, population] = CITIES[index % CITIES.length] as (typeof CITIES)[number];
    const district = Math.floor(index / CITIES.length);
    return {
      id: index + 1,
      name: district === 0 ? name : `${name}, district ${district}`,
      country,
      population: district === 0 ? population : Math.round(population / 20),
    };
  });
}

/** Name of a city in its URL. */
export const slugOf = ({ name }: City): string =>
  name
    .normalize('NFD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, (other) => (/^\p{M}+$/u.test(other) ? '' : '-'));
