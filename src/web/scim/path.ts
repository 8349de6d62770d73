/** Where the SCIM server is, below the public address. */
export const scimPath = '/scim/v2'
