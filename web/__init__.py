"""Flask glue: sessions, guards, forms, problems, the API's base, templates and assets. It knows no business."""
