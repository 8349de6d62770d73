import type { Catalog } from '../catalog.ts'

export type CurrentCatalog = () => Catalog
