"""Who is asked, a module each; they run in processes of their own, some by another Python that has their packages."""
