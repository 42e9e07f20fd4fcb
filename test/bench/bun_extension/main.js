import { api } from 'phylum'

const response = await api.fetch('/groups')
const { groups } = await response.json()
console.log(JSON.stringify(groups, null, 2))
