// Check digits: what tells a card or an account from any other number.

/** Luhn (ISO/IEC 7812-1). @param digits nothing but digits */
export const isLuhn = (digits: string): boolean => {
  let sum = 0
  for (let index = 0; index < digits.length; index++) {
    const digit = digits.charCodeAt(digits.length - 1 - index) - 48
    const doubled = index % 2 === 1 ? digit * 2 : digit
    sum += doubled > 9 ? doubled - 9 : doubled
  }
  return sum % 10 === 0
}

/** ISO 7064 mod 97-10, as IBANs use it (ISO 13616). @param iban capital letters and digits, no spaces */
export const isIban = (iban: string): boolean => {
  if (iban.length < 15 || iban.length > 34) return false
  let rest = 0
  for (const character of iban.slice(4) + iban.slice(0, 4)) {
    const value = Number.parseInt(character, 36)
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97
  }
  return rest === 1
}
