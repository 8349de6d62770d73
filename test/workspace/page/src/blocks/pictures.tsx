import { PlainWords } from '../words/text.tsx'

/** Pictures are of elsewhere, and this page loads nothing from elsewhere: it says what would be seen, and from where. */
export const PictureElement = ({ url, alt }: { url: string; alt: string }) => (
  <span class="picture-small" role="img" aria-label={alt} title={`${alt} (${hostOf(url)})`}>
    {alt.slice(0, 1).toUpperCase()}
  </span>
)

export const PictureBlock = ({
  url,
  alt,
  title,
}: {
  url: string
  alt: string
  title?: string | undefined
}) => (
  <figure class="picture">
    {title !== undefined && (
      <figcaption>
        <PlainWords text={title} />
      </figcaption>
    )}
    <div role="img" aria-label={alt}>
      <span>{alt}</span>
      <small>picture of {hostOf(url)}, not loaded here</small>
    </div>
  </figure>
)

const hostOf = (url: string): string => (URL.canParse(url) ? new URL(url).host : 'an unknown place')
