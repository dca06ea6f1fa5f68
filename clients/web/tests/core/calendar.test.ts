/** A moment is one that the calendar has: every day of every month, of years that are leap years and that are not. */
import { expect, test } from "vitest";
import { checkTime } from "../../src/core/events/check";

function isTaken(moment: string): boolean {
  try {
    checkTime("Packed", moment);
    return true;
  } catch {
    return false;
  }
}

test.each([0, 1, 1900, 2000, 2023, 2024, 2100, 9999])("the days of the year %i", (year) => {
  for (let month = 1; month <= 13; month++) {
    for (let day = 0; day <= 32; day++) {
      const date = [String(year).padStart(4, "0"), String(month).padStart(2, "0"), String(day).padStart(2, "0")].join("-");
      const parsed = new Date(`${date}T23:59:59.999Z`);
      const isThere = year > 0 && !Number.isNaN(parsed.getTime()) && parsed.toISOString().startsWith(date);
      expect([date, isTaken(`${date}T23:59:59.999Z`)]).toEqual([date, isThere]);
    }
  }
});
