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
COMMAND_TAKEN = "Uh-oh! This command is already registered. Please choose another command string."
SOMETHING_WRONG = "Something went wrong :/"
PROMPT_VERSION_IS_CURRENT = "Cannot delete the active production version"
MODEL_ID_TAKEN = "Uh-oh! This model id is already registered. Please choose another model id string."
MODEL_ID_TOO_LONG = "The model id is too long. Please make sure your model id is less than 256 characters long."
MODEL_VERSION_NOT_FOUND = "Model version not found"
FILE_TAKEN = "Uh-oh! This file is already registered. Please choose another file."
DUPLICATE_CONTENT = "Duplicate content detected. Please provide unique content to proceed."
EMPTY_CONTENT = "The content provided is empty. Please ensure that there is text or data present before proceeding."
NOT_PROCESSED = (
    "Extracted content is not available for this file. Please ensure that the file is processed before proceeding."
)
NO_FILES_MATCH = "No files found matching the pattern."
