// Pixel sizes for what cannot be said in rem (chart boxes, virtual rows), grown with the root font of very large screens.

const DESIGN_FONT_PX = 14

/** @param size pixels at the usual root font of 14 px */
export const px = (size: number): number => {
  const font = Number.parseFloat(getComputedStyle(document.documentElement).fontSize)
  return Math.round(size * (Number.isFinite(font) ? font / DESIGN_FONT_PX : 1))
}
