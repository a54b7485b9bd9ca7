"""The exact sentences the servers refuse with; clients classify by them, because statuses differ."""

NOT_FOUND = "We could not find what you're looking for :/"
UNAUTHORIZED = "401 Unauthorized"
PROHIBITED = "You do not have permission to access this resource. Please contact your administrator for assistance."
NOT_SIGNED_IN = "Not authenticated"
SESSION_EXPIRED = "Your session has expired or the token is invalid. Please sign in again."
SESSION_REVOKED = "Invalid token"
WRONG_PASSWORD = "The email or password provided is incorrect. Please check for typos and try logging in again."
EMAIL_TAKEN = (
    "Uh-oh! This email is already registered. Sign in with your existing account or choose another email to start anew."
)
NO_API_KEY = (
    "Oops! It looks like there's a hiccup. The API key is missing. Please make sure to provide a valid API key "
    "to access this feature."
)
NOT_A_PERSON = "A human session is required."
ID_TAKEN = "Uh-oh! This id is already registered. Please choose another id string."
BAD_ID = "Only alphanumeric characters and underscores are allowed in the id"
METHOD_NOT_ALLOWED = "Method Not Allowed"
SHARING_FORBIDDEN = "You do not have permission to share with the requested audience"
FUNCTION_INACTIVE = "Function is not active"
HISTORY_NOT_FOUND = "Not found"
VERSION_NOT_FOUND = "Version not found"
VERSION_IS_CURRENT = "Cannot delete the current version"
